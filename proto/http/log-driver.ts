import { type LogDriver, newLogDriver } from '../gen/specs.ts';
import type { JsonRecord } from './json.ts';
import type { JsonFields } from './json-fields.ts';
import { omit } from './omit.ts';

/** Reads `{Name, Options}`. @throws ShoalError `invalidArgument {field}` */
export function readLogDriver(driver: JsonFields | undefined): LogDriver | undefined {
  if (driver === undefined) return undefined;
  return newLogDriver({ name: driver.text('Name'), options: driver.textMap('Options') });
}

export function writeLogDriver(driver: LogDriver | undefined): JsonRecord | undefined {
  if (driver === undefined) return undefined;
  return { Name: omit.text(driver.name), Options: omit.emptyMap(driver.options) };
}
