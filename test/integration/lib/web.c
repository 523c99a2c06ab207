/*
 * The test image: answers HTTP with its host name, without libc at run time (static).
 *
 *   GET /            host name
 *   GET /exit?code=N answers, then exits with N
 *   GET /sick        fails its health check from now on; GET /well undoes it
 *   GET /env?NAME    value of an environment variable
 *   GET /slow?ms=N   100,000 bytes, spread over N milliseconds: 1000 times a, 1000 times b and so on, after z again a
 *
 * `web health` is the health check. PORT (80), START_DELAY_MS, EXIT_AFTER_MS and EXIT_CODE, IGNORE_TERM=1 come from the environment, and
 * SAY: lines `line 1`, `line 2`, ... that it writes when it starts.
 *
 * With PARALLEL=1 it serves many connections at a time, and what /sick changes is not shared. With GRACEFUL=1 too, and keeps them alive; after
 * SIGTERM the next answer of each is its last, and it ends with the last connection. Otherwise SIGTERM ends it at once.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t is_ending = 0;
static int is_last_answer = 1;

static int number(const char *name, int otherwise) {
  const char *text = getenv(name);
  return text && *text ? atoi(text) : otherwise;
}

static void on_term(int signal_number) {
  (void)signal_number;
  _exit(number("TERM_CODE", 0));
}

static void on_graceful_term(int signal_number) {
  (void)signal_number;
  is_ending = 1;
}

static void on_alarm(int signal_number) {
  (void)signal_number;
  _exit(number("EXIT_CODE", 0));
}

static struct sockaddr_in address(in_addr_t host) {
  struct sockaddr_in result = {0};
  result.sin_family = AF_INET;
  result.sin_port = htons((unsigned short)number("PORT", 80));
  result.sin_addr.s_addr = host;
  return result;
}

static int check_health(void) {
  int client = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in self = address(htonl(INADDR_LOOPBACK));
  char buffer[256] = {0};
  if (connect(client, (struct sockaddr *)&self, sizeof self) != 0) return 1;
  if (write(client, "GET /health HTTP/1.0\r\n\r\n", 24) != 24) return 1;
  if (read(client, buffer, sizeof buffer - 1) <= 0) return 1;
  return strstr(buffer, " 200 ") == NULL;
}

static void answer(int client, int status, const char *body) {
  char text[4096];
  int length = snprintf(text, sizeof text,
                        "HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n"
                        "Connection: %s\r\n\r\n%s",
                        status, status == 200 ? "OK" : "Service Unavailable", strlen(body),
                        is_last_answer ? "close" : "keep-alive", body);
  if (write(client, text, (size_t)length) < 0) return;
  if (is_last_answer) shutdown(client, SHUT_WR);
}

static void pause_ms(int duration) {
  struct timespec rest = {duration / 1000, (duration % 1000) * 1000000L};
  while (nanosleep(&rest, &rest) != 0 && errno == EINTR) continue;
}

static void answer_slowly(int client, int duration) {
  char text[1000];
  int length = snprintf(text, sizeof text,
                        "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nConnection: close\r\n\r\n");
  if (write(client, text, (size_t)length) < 0) return;
  for (int piece = 0; piece < 100; piece += 1) {
    memset(text, 'a' + piece % 26, sizeof text);
    if (write(client, text, sizeof text) < 0) return;
    pause_ms(duration / 100);
  }
  is_last_answer = 1;
  shutdown(client, SHUT_WR);
}

/* Reads one request, a signal meanwhile notwithstanding. */
static int next_request(int client, char *request, size_t size) {
  for (;;) {
    ssize_t length = read(client, request, size - 1);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return 0;
    request[length] = 0;
    return 1;
  }
}

static void serve(int client, int *sick) {
  char request[4096] = {0}, host[256] = {0}, name[256] = {0};
  int code;
  if (!next_request(client, request, sizeof request)) {
    is_last_answer = 1;
    return;
  }
  if (!is_last_answer) is_last_answer = is_ending || strstr(request, "Connection: close") != NULL;
  gethostname(host, sizeof host - 1);
  strcat(host, "\n");
  if (sscanf(request, "GET /exit?code=%d", &code) == 1) {
    answer(client, 200, "bye\n");
    close(client);
    exit(code);
  }
  if (sscanf(request, "GET /slow?ms=%d", &code) == 1) {
    answer_slowly(client, code);
    return;
  }
  if (strncmp(request, "GET /sick", 9) == 0) *sick = 1;
  if (strncmp(request, "GET /well", 9) == 0) *sick = 0;
  if (strncmp(request, "GET /health", 11) == 0) {
    answer(client, *sick ? 503 : 200, *sick ? "sick\n" : "well\n");
    return;
  }
  if (sscanf(request, "GET /env?%255[A-Za-z0-9_]", name) == 1) {
    const char *value = getenv(name);
    answer(client, 200, value ? value : "");
    return;
  }
  if (sscanf(request, "GET /say?%255[A-Za-z0-9_]", name) == 1) {
    printf("%s\n", name);
    fflush(stdout);
  }
  if (sscanf(request, "GET /complain?%255[A-Za-z0-9_]", name) == 1) fprintf(stderr, "%s\n", name);
  answer(client, 200, host);
}

static void serve_parallel(int client, int *sick) {
  is_last_answer = !number("GRACEFUL", 0);
  do serve(client, sick);
  while (!is_last_answer);
}

/* One process a connection. */
static int serve_in_processes(int server, int *sick) {
  signal(SIGCHLD, SIG_IGN);
  for (;;) {
    int client = accept(server, NULL, NULL);
    if (client < 0 && is_ending && errno == EAGAIN) break;
    /* What was accepted by the kernel is served too. */
    if (is_ending) fcntl(server, F_SETFL, O_NONBLOCK);
    if (client < 0) continue;
    if (fork() == 0) {
      struct timeval limit = {5, 0};
      close(server);
      setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
      serve_parallel(client, sick);
      close(client);
      exit(0);
    }
    close(client);
  }
  close(server);
  kill(0, SIGTERM);
  while (wait(NULL) > 0 || errno == EINTR) continue;
  return 0;
}

static void handle_gracefully(void) {
  struct sigaction action = {0};
  action.sa_handler = on_graceful_term;
  sigaction(SIGTERM, &action, NULL);
  setpgid(0, 0);
}

int main(int count, char **arguments) {
  int one = 1, sick = 0, after = number("EXIT_AFTER_MS", -1);
  if (count > 1 && strcmp(arguments[1], "health") == 0) return check_health();
  signal(SIGTERM, number("IGNORE_TERM", 0) ? SIG_IGN : on_term);
  if (number("GRACEFUL", 0)) handle_gracefully();
  signal(SIGINT, on_term);
  signal(SIGPIPE, SIG_IGN);
  usleep((useconds_t)number("START_DELAY_MS", 0) * 1000);
  for (int line = 1; line <= number("SAY", 0); line += 1) printf("line %d\n", line);
  fflush(stdout);
  if (after == 0) return number("EXIT_CODE", 0);
  if (after > 0) {
    struct itimerval timer = {{0, 0}, {after / 1000, (after % 1000) * 1000}};
    signal(SIGALRM, on_alarm);
    setitimer(ITIMER_REAL, &timer, NULL);
  }
  int server = socket(AF_INET, SOCK_STREAM, 0);
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in self = address(htonl(INADDR_ANY));
  if (bind(server, (struct sockaddr *)&self, sizeof self) != 0 || listen(server, 1024) != 0) {
    perror("web");
    return 1;
  }
  printf("listening\n");
  fflush(stdout);
  if (number("GRACEFUL", 0) || number("PARALLEL", 0)) return serve_in_processes(server, &sick);
  for (;;) {
    int client = accept(server, NULL, NULL);
    if (client < 0) continue;
    struct timeval limit = {5, 0};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    serve(client, &sick);
    close(client);
  }
}
