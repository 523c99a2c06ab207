/**
 * The demo's web server, all that its image runs: every answer names the replica that gave it.
 *
 * `/` is text for people with curl; `/exit` ends this replica with an error, so that one can watch it being replaced.
 */
import { createServer } from 'node:http';
import { hostname } from 'node:os';

/** Port in the container; the service publishes it. */
const port = 8080;

function serve(): void {
  const replica = process.env['REPLICA'] ?? 'a replica';
  const node = process.env['NODE_HOSTNAME'] ?? 'a node';
  let answers = 0;

  const server = createServer((request, response) => {
    const isExit = request.url === '/exit';
    answers += 1;
    const what = isExit ? 'ends now' : `answer ${String(answers)}`;
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
    response.end(`${replica} on ${node} (container ${hostname()}): ${what}\n`);
    if (isExit) response.once('close', () => process.exit(1));
  });

  // The first process of a container gets no signal that it does not ask for.
  process.once('SIGTERM', () => {
    server.close(() => process.exit(0));
  });
  server.listen(port, () => {
    console.log(`${replica} listens on port ${String(port)}`);
  });
}

serve();
