/** What people read when the engine cannot be reached. */
export function unreachable(error: Error): string {
  return `the Docker Engine of this node does not answer: ${error.message}`;
}
