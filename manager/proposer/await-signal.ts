/** What `promise` gives; or rejects with the reason of `signal` if that aborts first, and leaves `promise` alone. */
export async function awaitSignal<Value>(
  promise: Promise<Value>,
  signal: AbortSignal,
): Promise<Value> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => {
    const { reason } = signal;
    aborted.reject(reason instanceof Error ? reason : new Error(String(reason)));
  };
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
