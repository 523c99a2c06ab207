import { parseArgs } from 'node:util';

import { bundleClient } from './bundle.ts';

// Makes the file that runs every client verb of an installed package: `node deploy/bundle/main.ts [FILE]`.
const { positionals } = parseArgs({ allowPositionals: true });
await bundleClient(positionals[0] ?? 'dist/cli/shoal.cjs');
