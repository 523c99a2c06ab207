import type { Random } from '../../common/pure/random.ts';

const moods = [
  'agile',
  'bold',
  'brave',
  'bright',
  'calm',
  'clever',
  'cool',
  'eager',
  'fair',
  'gentle',
  'happy',
  'keen',
  'kind',
  'lively',
  'lucid',
  'merry',
  'neat',
  'noble',
  'patient',
  'quick',
  'quiet',
  'ready',
  'serene',
  'sharp',
  'steady',
  'sunny',
  'swift',
  'tidy',
  'vivid',
  'wise',
] as const;

/** People of computing and mathematics. */
const surnames = [
  'allen',
  'bartik',
  'boole',
  'church',
  'curry',
  'dijkstra',
  'euler',
  'fermat',
  'gauss',
  'goldberg',
  'hamilton',
  'hoare',
  'hopper',
  'keller',
  'knuth',
  'lamport',
  'liskov',
  'lovelace',
  'mccarthy',
  'noether',
  'perlis',
  'ritchie',
  'shannon',
  'thompson',
  'turing',
  'wilkes',
  'wirth',
] as const;

/** A name for a service that was given none, `mood_surname`. */
export function randomServiceName(random: Random): string {
  const mood = moods[random.below(moods.length)] ?? moods[0];
  const surname = surnames[random.below(surnames.length)] ?? surnames[0];
  return `${mood}_${surname}`;
}
