/**
 * Long work gives way here: whoever waits for the object is served first. A timer and nothing less, for workerd looks for what
 * came in from outside only when it has nothing left to do, and files and other objects answer without leaving the process.
 */

export const giveWay = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));
