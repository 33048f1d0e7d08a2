/** The alarm for work that is due: asked for many times in one turn of the event loop, told to the alarm once, after whatever transaction is open. */

export interface WorkAlarm {
  want(dueAt: number): void;
  /** It went off, or may have: what was told before holds no longer. */
  fired(): void;
}

export function createWorkAlarm(tell: (dueAt: number) => void): WorkAlarm {
  let told: number | undefined;
  let wanted: number | undefined;

  function flush(): void {
    const dueAt = wanted;
    wanted = undefined;
    if (dueAt === undefined || (told !== undefined && told <= dueAt)) return;
    told = dueAt;
    tell(dueAt);
  }

  return {
    want(dueAt) {
      if (wanted === undefined) queueMicrotask(flush);
      wanted = Math.min(wanted ?? dueAt, dueAt);
    },
    fired: () => void (told = undefined),
  };
}
