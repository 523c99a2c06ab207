/**
 * The least that Node can do for a byte on its way from one socket to another, without a look at it: what it costs is the floor of everything
 * that passes HTTP on. Down goes one buffer that is read into again and again; up goes as Node's streams go, as after its HTTP parser.
 *
 * Arguments: the socket of the engine, then its own. Says a line on its standard output when it listens.
 */
import { connect, createServer } from 'node:net';

const [enginePath = '', path = ''] = process.argv.slice(2);
const nothing = new Uint8Array(0);

const server = createServer((client) => {
  const buffer = new Uint8Array(65_536);
  const upstream = connect({
    path: enginePath,
    onread: {
      buffer,
      callback: (length) => {
        client.write(buffer.subarray(0, length));
        if (client.writableLength === 0) return true;
        client.write(nothing, () => upstream.resume());
        return false;
      },
    },
  });
  client.pipe(upstream);
  client.on('error', () => upstream.destroy());
  client.once('close', () => upstream.destroy());
  upstream.on('error', () => client.destroy());
  upstream.once('close', () => client.end());
});
server.listen(path, () => {
  console.log('listening');
});
