/** Result of one command that ran to its end. */
export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Kernel commands (`ip`, `nft`, `sysctl`): run without a shell, output bounded. */
export interface Commands {
  run(program: 'ip' | 'nft' | 'sysctl' | 'iptables', args: readonly string[], stdin: string, signal: AbortSignal): Promise<CommandResult>;
}
