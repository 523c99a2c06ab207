import type { InitRequest } from '../../common/ports/node-control.ts';
import type { Identity } from '../identity/identity.ts';
import {
  chooseAdvertiseAddress,
  hostPortText,
  parseListenAddress,
  readHostPort,
} from './addresses.ts';
import type { Interfaces } from './addresses.ts';

/**
 * Where a manager that goes on alone listens and is found: as is asked for now, and under the host as before where nothing is said.
 * @throws ShoalError `invalidArgument {field}`
 */
export function recoveryAddresses(
  identity: Identity,
  request: Pick<InitRequest, 'listenAddress' | 'advertiseAddress'>,
  interfaces: Interfaces,
): Pick<Identity, 'listenAddress' | 'advertiseAddress'> {
  const listen = parseListenAddress(request.listenAddress, interfaces);
  const advertise =
    request.advertiseAddress === ''
      ? { host: readHostPort(identity.advertiseAddress).host, port: listen.port }
      : chooseAdvertiseAddress(request.advertiseAddress, listen, interfaces);
  return { listenAddress: hostPortText(listen), advertiseAddress: hostPortText(advertise) };
}
