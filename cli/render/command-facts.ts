/** One command of the command line, as completion and the reference page know it. */
export interface CommandFacts {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly description: string;
  /** Whether help and completion leave it out. */
  readonly isHidden: boolean;
  readonly options: readonly OptionFacts[];
  readonly arguments: readonly ArgumentFacts[];
  readonly commands: readonly CommandFacts[];
  /** Whether all that follows the first argument belongs to somebody else. */
  readonly passesThrough: boolean;
}

export interface OptionFacts {
  /** As help shows it, such as `-e, --env <name=value>`. */
  readonly flags: string;
  /** With its dash; empty without one. */
  readonly short: string;
  /** With its dashes. */
  readonly long: string;
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  /** What holds if it is not given; empty if that stands in the description. */
  readonly defaultText: string;
  /** The variable that stands in for it; empty without one. */
  readonly variable: string;
}

export interface ArgumentFacts {
  readonly name: string;
  readonly description: string;
  readonly isRequired: boolean;
  readonly isVariadic: boolean;
  readonly choices: readonly string[];
}
