import { type LogDriver, newLogDriver } from '../../../proto/gen/specs.ts';
import type { JsonRecord } from '../../../proto/http/json.ts';
import type { JsonFields } from '../../../proto/http/json-fields.ts';
import { omit } from '../../../proto/http/omit.ts';

/** Reads `{Name, Options}`. @throws ShoalError `invalidArgument {field}` */
export function readLogDriver(driver: JsonFields | undefined): LogDriver | undefined {
  if (driver === undefined) return undefined;
  return newLogDriver({ name: driver.text('Name'), options: driver.textMap('Options') });
}

export function writeLogDriver(driver: LogDriver | undefined): JsonRecord | undefined {
  if (driver === undefined) return undefined;
  return { Name: omit.text(driver.name), Options: omit.emptyMap(driver.options) };
}
