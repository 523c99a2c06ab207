import { describeConfig, describeProgressMap } from '../../../manager/raft/describe.ts';
import { parseChanges } from './changes.ts';
import {
  enterJoint,
  leaveJointConfig,
  simpleChange,
  type ChangeBase,
  type ChangeResult,
} from '../../../manager/raft/confchange/changer.ts';
import { emptyConfig, type Config } from '../../../manager/raft/tracker/config.ts';
import type { ProgressMap } from '../../../manager/raft/tracker/tracker.ts';
import { booleanOf, valueOf, type Directive } from './datadriven.ts';

/** Runs the directives of one file under `confchange/`: one configuration, changed step by step. */
export class ConfChangeScript {
  #config: Config = emptyConfig;
  #progress: ProgressMap = new Map();
  #lastIndex = 0;

  run(directive: Directive): string {
    const result = this.#change(directive);
    this.#lastIndex += 1;
    if (!result.ok) return result.reason;
    this.#config = result.config;
    this.#progress = result.progress;
    return `${describeConfig(this.#config)}\n${describeProgressMap(this.#progress)}`;
  }

  #change(directive: Directive): ChangeResult {
    const base: ChangeBase = {
      config: this.#config,
      progress: this.#progress,
      lastIndex: this.#lastIndex,
      limits: { messagesMax: 10, bytesMax: Infinity },
    };
    const changes = parseChanges(directive.input);
    switch (directive.command) {
      case 'simple': {
        return simpleChange(base, changes);
      }
      case 'enter-joint': {
        return enterJoint(base, changes, booleanOf(valueOf(directive, 'autoleave') ?? 'false'));
      }
      case 'leave-joint': {
        return leaveJointConfig(base);
      }
      default: {
        throw new Error(`unknown command ${directive.command}`);
      }
    }
  }
}
