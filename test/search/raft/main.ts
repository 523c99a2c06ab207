import { parseArgs } from 'node:util';
import { scopesNamed } from './scopes.ts';
import { Search } from './search.ts';

const { values } = parseArgs({
  options: {
    scope: { type: 'string', default: 'ci' },
    states: { type: 'string', default: '5000000' },
  },
});

for (const scope of scopesNamed(values.scope)) {
  const started = process.cpuUsage();
  const search = new Search(scope);
  const result = search.run(Number(values.states));
  const { user, system } = process.cpuUsage(started);
  const s = (user + system) / 1e6;
  console.log(scope.name, {
    ...result,
    found: result.found?.failure,
    s,
    rate: result.states / s,
    mem: process.memoryUsage().rss / 1e6,
  });
  for (const h of result.found?.way ?? [])
    console.log(
      h.kind === 'event'
        ? JSON.stringify(search.members.event(h.event).actions)
        : `${h.message.type} ${h.message.from}->${h.message.to} t${h.message.term} ${h.stays}`,
    );
}
