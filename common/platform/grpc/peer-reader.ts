import type { PeerIdentity } from '../../ports/identity.ts';
import type { ClusterId } from '../../pure/ids.ts';
import { isStillValid, readPeerIdentity } from '../tls/peer-identity.ts';

/** Certificates whose reading is kept. */
const keptCertificates = 1024;

/** Who is at the other end, by the certificate that TLS has checked. Each is read once; whether it still holds is asked each time. */
export class PeerReader {
  readonly #clusterId: ClusterId;
  readonly #known = new Map<string, PeerIdentity | undefined>();

  constructor(clusterId: ClusterId) {
    this.#clusterId = clusterId;
  }

  /** Undefined when it is not a node of this cluster, or its certificate has run out. */
  read(certificate: Buffer, wallMs: number): PeerIdentity | undefined {
    const peer = this.#identityOf(certificate);
    if (peer?.clusterId !== this.#clusterId) return undefined;
    return isStillValid(certificate, wallMs) ? peer : undefined;
  }

  #identityOf(certificate: Buffer): PeerIdentity | undefined {
    const name = certificate.toString('latin1');
    if (this.#known.has(name)) return this.#known.get(name);
    const peer = readPeerIdentity(certificate);
    if (this.#known.size >= keptCertificates) this.#known.clear();
    this.#known.set(name, peer);
    return peer;
  }
}
