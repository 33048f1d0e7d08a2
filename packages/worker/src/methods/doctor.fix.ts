import * as z from "zod";
import { defineMethod } from "../rpc/method.ts";

/** Cures what one check found, where that is safe. */
export const doctorFix = defineMethod<"doctor.fix">({
  name: "doctor.fix",
  scope: "operator.admin",
  params: () => z.strictObject({ id: z.string().min(1).max(60) }),
  handle: ({ id }, { doctor }) => doctor.fix(id),
});
