// The process that gets killed: proposes without end through the consensus thread and prints what was acknowledged.
// Arguments: directory, number of this run.
import { ThreadConsensusPort } from '../../../manager/consensus/thread/thread-port.ts';
import { AppliedLog, payload } from './applied-log.ts';
import { testOptions, testKey } from './member.ts';

const [directory, runText] = process.argv.slice(2);
if (directory === undefined) throw new Error('needs a directory');
const run = Number(runText);
const outstandingMax = 24;

const port = new ThreadConsensusPort({ options: testOptions(directory), dataKey: testKey() });
const applied = new AppliedLog(port);
let next = 1;
let outstanding = 0;

function propose(): void {
  while (outstanding < outstandingMax) {
    port.post({ kind: 'propose', requestId: next, term: 0, data: payload(run, next) });
    next += 1;
    outstanding += 1;
  }
}

port.receive((message) => {
  applied.take(message);
  if (message.kind === 'leadership') {
    process.stdout.write('leader\n');
    propose();
  }
  if (message.kind === 'outcome') {
    outstanding -= 1;
    if (message.outcome === 'committed')
      process.stdout.write(`${message.index} ${run}.${message.requestId}\n`);
    propose();
  }
  if (message.kind === 'failed') {
    process.stderr.write(`failed: ${message.code} ${message.message}\n`);
    process.exit(1);
  }
});
