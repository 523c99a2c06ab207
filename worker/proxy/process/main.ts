import { flushCompileCache } from 'node:module';
import { FileLog } from './file-log.ts';
import { proxyFiles } from './files.ts';
import { serveProxy } from './serve.ts';

// Arguments: the proxy's folder in the data root, then the build that it belongs to.
const [directory = '', build = ''] = process.argv.slice(2);
if (directory === '') {
  process.stderr.write('usage: main DIRECTORY [BUILD]\n');
  process.exit(64);
}

startLean();
process.title = 'shoal-proxy';
const log = new FileLog(proxyFiles(directory).log);
process.on('uncaughtException', (error) => {
  log.at('error', 'proxy ends by a bug', { error });
  process.exit(70);
});

await serveProxy(directory, build, log);
// Streams of clients that ended without a word may still be open.
process.exit(0);

/**
 * From a checkout Node keeps its TypeScript stripper in memory, 20 MB of it. With its results in the compile cache it
 * loads none: so the first thing is to replace this process by one that finds them there. The pid stays.
 */
function startLean(): void {
  const canStartAgain =
    import.meta.url.endsWith('.ts') &&
    process.env['NODE_COMPILE_CACHE'] !== undefined &&
    process.env['SHOAL_PROXY_LEAN'] === undefined;
  if (!canStartAgain) return;
  flushCompileCache();
  process.execve?.(
    process.execPath,
    [process.execPath, ...process.execArgv, ...process.argv.slice(1)],
    { ...process.env, SHOAL_PROXY_LEAN: '1' },
  );
}
