/** Shows which options the daemon takes, where their values come from, and that each wrong one is named with its fix. */
import { describe, expect, test } from 'vitest';

import { isShoalError } from '../../../../common/pure/errors.ts';
import { daemonHelp, isHelpRequested, parseDaemonConfig } from '../../../../node/daemon/config.ts';

function messageOf(argv: readonly string[], env: Record<string, string> = {}): string {
  try {
    parseDaemonConfig(argv, env, 'box');
  } catch (error) {
    if (isShoalError(error, 'invalidArgument')) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('parseDaemonConfig', () => {
  test('defaults need neither flags nor variables', () => {
    expect(parseDaemonConfig([], {}, 'box')).toEqual({
      dataRoot: '/var/lib/shoal',
      hostSocket: '/var/run/shoal.sock',
      engineSocket: '/var/run/docker.sock',
      hostname: 'box',
      metricsAddr: { host: '127.0.0.1', port: 9323 },
      logLevel: 'info',
    });
  });

  test('each option is taken as a flag with a blank, a flag with "=" and a variable', () => {
    const expected = {
      dataRoot: '/d',
      hostSocket: '/h.sock',
      engineSocket: '/e.sock',
      hostname: 'n1',
      metricsAddr: { host: '::1', port: 0 },
      logLevel: 'debug',
    };
    const values = {
      'data-root': '/d',
      host: 'unix:///h.sock',
      engine: 'unix:///e.sock',
      hostname: 'n1',
      'metrics-addr': '[::1]:0',
      'log-level': 'debug',
    };
    const pairs = Object.entries(values);
    const variables = Object.fromEntries(
      pairs.map(([name, value]) => [`SHOAL_${name.replaceAll('-', '_').toUpperCase()}`, value]),
    );
    const blank = pairs.flatMap(([name, value]) => [`--${name}`, value]);
    const equals = pairs.map(([name, value]) => `--${name}=${value}`);
    expect(parseDaemonConfig(blank, {}, 'box')).toEqual(expected);
    expect(parseDaemonConfig(equals, {}, 'box')).toEqual(expected);
    expect(parseDaemonConfig([], variables, 'box')).toEqual(expected);
  });

  test('a flag wins over its variable, and an empty variable counts as not set', () => {
    const env = { SHOAL_HOSTNAME: 'from-env', SHOAL_LOG_LEVEL: '' };
    const config = parseDaemonConfig(['--hostname', 'from-flag'], env, 'box');
    expect(config.hostname).toBe('from-flag');
    expect(config.logLevel).toBe('info');
  });

  test('a relative data root becomes absolute', () => {
    expect(parseDaemonConfig(['--data-root', 'state'], {}, 'box').dataRoot).toBe(
      `${process.cwd()}/state`,
    );
  });

  test('the result is frozen', () => {
    const config = parseDaemonConfig([], {}, 'box');
    expect(Object.isFrozen(config) && Object.isFrozen(config.metricsAddr)).toBe(true);
  });

  test.each([
    [['--data-root', ''], '--data-root is not a folder; give a path such as /var/lib/shoal'],
    [
      ['--host', 'tcp://0.0.0.0:1'],
      '--host "tcp://0.0.0.0:1" is not a unix socket; give unix:///path/to/socket',
    ],
    [
      ['--engine', 'unix://run/x'],
      '--engine "unix://run/x" has no absolute path; give three slashes: unix:///path/to/socket',
    ],
    [
      ['--host', `unix:///${'x'.repeat(107)}`],
      '--host has a path longer than 107 bytes; give a shorter one',
    ],
    [
      ['--hostname', 'a b'],
      '--hostname "a b" is not a host name; give letters, digits, "-", "_" and ".", at most 253 characters',
    ],
    [
      ['--metrics-addr', '127.0.0.1'],
      '--metrics-addr "127.0.0.1" is not an address with a port up to 65535; give ADDR:PORT such as 127.0.0.1:9323 or [::1]:9323',
    ],
    [
      ['--metrics-addr', 'x:65536'],
      '--metrics-addr "x:65536" is not an address with a port up to 65535; give ADDR:PORT such as 127.0.0.1:9323 or [::1]:9323',
    ],
    [
      ['--log-level', 'loud'],
      '--log-level "loud" is not a log level; give one of error, warn, info, debug',
    ],
    [['--host'], '--host has no value; write --host unix://PATH'],
    [['--data-root', '--host'], '--data-root has no value; write --data-root DIR'],
    [['--hostname', 'a', '--hostname=b'], '--hostname is given twice; give it once'],
    [
      ['--toString'],
      'unknown option --toString; known are --data-root, --host, --engine, --hostname, --metrics-addr, --log-level',
    ],
    [
      ['start'],
      'unexpected argument "start"; the daemon takes options only: known are --data-root, --host, --engine, --hostname, --metrics-addr, --log-level',
    ],
  ])('%j is refused with the flag and the fix', (argv, message) => {
    expect(messageOf(argv)).toBe(message);
  });

  test('a wrong variable is named as the variable', () => {
    expect(messageOf([], { SHOAL_LOG_LEVEL: 'x' })).toBe(
      'SHOAL_LOG_LEVEL "x" is not a log level; give one of error, warn, info, debug',
    );
  });
});

test('help names every flag, variable and default', () => {
  for (const word of [
    '--data-root DIR',
    'SHOAL_METRICS_ADDR (default 127.0.0.1:9323)',
    '--log-level',
  ]) {
    expect(daemonHelp).toContain(word);
  }
  expect(isHelpRequested(['--host', 'x', '-h'])).toBe(true);
  expect(isHelpRequested(['--host'])).toBe(false);
});
