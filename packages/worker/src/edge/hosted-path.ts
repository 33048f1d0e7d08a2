/** The address under which a hosted OpenClaw stands. */

export const hostedRoot = "/openclaw";

export const isHostedPath = (pathname: string) => pathname === hostedRoot || pathname.startsWith(`${hostedRoot}/`);
