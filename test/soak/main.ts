/**
 * Long runs against a private engine, apart from CI. `main.ts rollouts [ROUNDS]`: rollouts under load. `main.ts day [MINUTES]`: a day of use in
 * a loop. Exit code 0 when nothing was found.
 */
import { runDay } from './day.ts';
import { runRollouts } from './rollouts.ts';

const [what = '', number = ''] = process.argv.slice(2);
const amount = Number(number);
if (what === 'rollouts') process.exitCode = (await runRollouts(amount || 20)) ? 0 : 1;
else if (what === 'day') process.exitCode = (await runDay(amount || 60)) ? 0 : 1;
else {
  process.stderr.write('usage: main.ts rollouts [ROUNDS] | day [MINUTES]\n');
  process.exitCode = 2;
}
