import { type ProgressStep, reportedSlotsMax } from './progress.ts';
import type { SlotView } from './slots.ts';
import { printable } from './text.ts';

/** The states of a task on its way to running, in their order. */
const stateOrder: readonly string[] = [
  'new',
  'allocated',
  'pending',
  'assigned',
  'accepted',
  'preparing',
  'ready',
  'starting',
  'running',
];

/** The longest name of a state, in characters. */
const stateWidth = 9;

const barWidthMax = 50;

/** Widths below this leave no room for a bar. */
const barWidthMin = 10;

/** What a screen shows of a service on its way: the count, a bar for each task, what failed, and what is waited for. */
export function progressScreen(step: ProgressStep, columns: number): readonly string[] {
  const shown = step.wanted <= reportedSlotsMax ? step.slots : [];
  const total = String(step.wanted);
  const keyWidth = Math.max(0, ...shown.map((slot) => slot.key.length));
  const rows = shown.map((slot) => {
    const name = `${slot.key.padStart(keyWidth)}${slot.live?.slot === 0 ? '' : `/${total}`}: `;
    return name + slotText(slot, columns - name.length);
  });
  const { rollbackCause } = step.progress;
  const rollback = rollbackCause === undefined ? [] : [`rollback: ${rollbackCause}`];
  const notes = step.progress.note === '' ? [] : [step.progress.note];
  return [step.progress.overall, ...rows, ...rollback, ...notes].map((line) =>
    clip(printable(line), columns),
  );
}

function slotText(slot: SlotView, columns: number): string {
  const newest = slot.live ?? slot.tasks[0];
  if (newest === undefined) return '';
  const failed = slot.tasks.find((task) => task.error !== '');
  if (failed !== undefined && !slot.isRunning) return `${failed.state}: ${failed.error}`;
  const state = newest.state.padEnd(stateWidth);
  const width = Math.min(barWidthMax, columns - stateWidth - 3);
  return width < barWidthMin ? newest.state : `${state} ${bar(newest.state, width)}`;
}

function bar(state: string, width: number): string {
  const done = Math.floor((width * (stateOrder.indexOf(state) + 1)) / stateOrder.length);
  return `[${`${'='.repeat(done)}>`.slice(-width).padEnd(width)}]`;
}

/** A line that wraps would move those below it. What is not ASCII may be as wide as two characters. */
function clip(line: string, columns: number): string {
  let width = 0;
  let end = 0;
  for (const character of line) {
    width += character <= '~' ? 1 : 2;
    if (width > columns) return `${line.slice(0, Math.max(0, end - 1))}…`;
    end += character.length;
  }
  return line;
}
