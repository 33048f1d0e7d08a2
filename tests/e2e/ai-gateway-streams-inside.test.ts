/** The same streams again, answered inside the object: with a budget to hold, the front leaves every call to it. */

import { gatewayDefaults } from "../support/gateway.ts";

gatewayDefaults.config = { limits: { budgets: { wide: { scope: "all", per: "day", usd: 1_000_000 } } } };
await import("./ai-gateway-streams.test.ts");
