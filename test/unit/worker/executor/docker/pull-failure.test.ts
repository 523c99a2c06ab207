// Texts that engine 20.10 and newer gave for pulls which failed, and what people read of them.
import { expect, it } from 'vitest';
import { pullFailure } from '../../../../../worker/executor/docker/pull-failure.ts';

const digest = `sha256:${'6b'.repeat(32)}`;
const pull = 'Get "https://reg:5000/v2/": ';

it.each([
  [
    'manifest for reg:5000/web:nope not found: manifest unknown: manifest unknown',
    'the registry has no such image',
  ],
  [
    "pull access denied for web, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
    'no such repository, or no access to it',
  ],
  [
    'Head "http://reg:5000/v2/web/manifests/1": no basic auth credentials',
    'the registry asks for another login',
  ],
  [
    'Head "https://reg/v2/web/manifests/1": unauthorized: authentication required',
    'the registry asks for another login',
  ],
  [`${pull}dial tcp 127.0.0.1:1: connect: connection refused`, 'the registry refuses connections'],
  [`${pull}x509: certificate signed by unknown authority`, 'no trusted connection to the registry'],
  [
    `${pull}http: server gave HTTP response to HTTPS client`,
    'no trusted connection to the registry',
  ],
  [`${pull}dial tcp 192.168.199.77:5003: connect: no route to host`, 'no network to the registry'],
  [
    `${pull}dial tcp: lookup reg on 10.0.0.53:53: read udp 10.0.0.1:44815->10.0.0.53:53: i/o timeout`,
    'the name of the registry cannot be found',
  ],
  [
    `${pull}dial tcp: lookup reg: Temporary failure in name resolution`,
    'the name of the registry cannot be found',
  ],
  [
    `${pull}net/http: request canceled (Client.Timeout exceeded while awaiting headers)`,
    'the registry does not answer',
  ],
  [
    'no matching manifest for linux/amd64 in the manifest list entries',
    'the image is not made for the platform of this node',
  ],
  [
    'write /var/lib/docker/tmp/GetImageBlob3579016708: no space left on device',
    'the disk of this node is full',
  ],
  [
    `filesystem layer verification failed for digest ${digest}`,
    'what the registry sent does not match its digest',
  ],
  [
    `error pulling image configuration: image config verification failed for digest ${digest}`,
    'what the registry sent does not match its digest',
  ],
  [
    'toomanyrequests: You have reached your pull rate limit.',
    'the registry refuses more pulls for now',
  ],
  [
    `${pull}read tcp 10.0.0.1:1->10.0.0.2:5000: read: connection reset by peer`,
    'the connection to the registry broke',
  ],
  ['received unexpected HTTP status: 503 Service Unavailable', 'the registry has a failure'],
])('%s', (text, words) => {
  expect(pullFailure('web:1', text)).toBe(`No such image: web:1: ${words}: ${text}`);
});

it('a text that is not known stands as it is', () => {
  expect(pullFailure('web:1', 'the moon is full')).toBe('No such image: web:1: the moon is full');
});
