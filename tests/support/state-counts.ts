/** How many faults of the data there are: a few, or as many as the environment says. */

const { env } = process;
/** `npm run test:faults -- state` sets all of them: 10,000, 1,000, 1 and 40. */
export const stateFaults = {
  configs: Number(env.STATE_CONFIGS ?? 300),
  snapshots: Number(env.STATE_SNAPSHOTS ?? 30),
  /** Of the writes of a snapshot and of a restore every so many-th fails; 1 is every single one. */
  every: Number(env.STATE_EVERY ?? 61),
  kills: Number(env.STATE_KILLS ?? 4),
};
