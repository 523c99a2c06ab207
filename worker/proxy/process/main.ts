import { FileLog } from './file-log.ts';
import { proxyFiles } from './files.ts';
import { serveProxy } from './serve.ts';

// Arguments: the proxy's folder in the data root, then the build that it belongs to.
const [directory = '', build = ''] = process.argv.slice(2);
if (directory === '') {
  process.stderr.write('usage: main DIRECTORY [BUILD]\n');
  process.exit(64);
}

process.title = 'shoal-proxy';
const log = new FileLog(proxyFiles(directory).log);
process.on('uncaughtException', (error) => {
  log.at('error', 'proxy ends by a bug', { error });
  process.exit(70);
});

await serveProxy(directory, build, log);
// Streams of clients that ended without a word may still be open.
process.exit(0);
