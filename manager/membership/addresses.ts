/** Consensus of a manager listens on the port after that of its cluster services. @param address host:port */
export function consensusAddress(address: string): string {
  const at = address.lastIndexOf(':') + 1;
  return `${address.slice(0, at)}${Number(address.slice(at)) + 1}`;
}
