// What a service does with Provost: signs people in, deactivates them, gives them roles.
//
//   node dist/main.js sign-in USER_NAME
//   node dist/main.js deactivate USER_NAME
//   node dist/main.js set-role USER_NAME ROLE

import { randomUUID } from "node:crypto";
import { createClient } from "@connectrpc/connect";
import { UserService } from "./gen/provost/identity/v1/user_service_pb.js";
import { Role, type User } from "./gen/provost/identity/v1/user_pb.js";
import { answered, connect, Refused } from "./identity.js";

const site = process.env["IDENTITY_SITE"] ?? "default";
const users = createClient(UserService, connect(process.env));

/** What your single sign-on service does when it has a valid assertion. */
async function signIn(userName: string): Promise<string> {
  const request = { site, userName, options: { requestId: randomUUID() } };
  const answer = await answered(() => users.registerSignIn(request));
  // Let the person in only when this is true.
  if (!answer.admitted) {
    return `${userName} is not admitted, by the holds: ${answer.denial?.holds.join(", ")}`;
  }
  const first = answer.created ? ", for the first time" : "";
  return `${userName} is admitted as ${wordOf(answer.decision?.user?.role)}${first}`;
}

async function deactivate(userName: string): Promise<string> {
  const { id } = await lookUp(userName);
  const options = { requestId: randomUUID(), reason: "asked for on the command line" };
  const request = { site, userId: id, note: "left the company", options };
  const { decision } = await answered(() => users.deactivateUser(request));
  return `${userName} is deactivated${decision?.changed ? "" : ", and was before"}`;
}

/** Reads, decides, writes: whoever is slower than somebody else reads again. */
async function setRole(userName: string, word: string): Promise<string> {
  const role = Role[word.toUpperCase() as keyof typeof Role];
  if (!role) throw new Error("the roles are Registered, Moderator and Admin");
  for (;;) {
    const user = await lookUp(userName);
    const options = { requestId: randomUUID(), expectedVersion: user.version };
    const request = { site, userId: user.id, role, options };
    try {
      const { decision } = await answered(() => users.setUserRole(request));
      return `${userName} is ${wordOf(decision?.user?.role)}`;
    } catch (error) {
      const again = error instanceof Refused && error.reason === "VERSION_MISMATCH";
      if (!again) throw error;
    }
  }
}

async function lookUp(userName: string): Promise<User> {
  const key = { case: "userName", value: userName } as const;
  const { user } = await answered(() => users.lookupUser({ site, key }));
  if (!user) throw new Error("the answer has no user");
  return user;
}

function wordOf(role: Role | undefined): string {
  const word = Role[role ?? Role.UNSPECIFIED];
  return word.charAt(0) + word.slice(1).toLowerCase();
}

/** What to tell whoever asked. */
function explained(error: unknown): string {
  if (!(error instanceof Refused)) return String(error);
  if (error.reason !== "GRANT_MISSING") return error.message;
  return `${error.message}\nAsk for the permission ${error.metadata["missing_permission"]}.`;
}

async function main([command, userName, role]: string[]): Promise<string> {
  if (command === "sign-in" && userName) return signIn(userName);
  if (command === "deactivate" && userName) return deactivate(userName);
  if (command === "set-role" && userName && role) return setRole(userName, role);
  throw new Error("say sign-in USER_NAME, deactivate USER_NAME or set-role USER_NAME ROLE");
}

try {
  console.log(await main(process.argv.slice(2)));
} catch (error) {
  console.error(explained(error));
  process.exitCode = 1;
}
