/** The name that images use for an architecture that kernels call otherwise. */
export function normaliseArchitecture(name: string): string {
  const lower = name.toLowerCase();
  if (lower === 'x86_64') return 'amd64';
  return lower === 'aarch64' ? 'arm64' : lower;
}
