// What a service does with Provost: signs people in, deactivates them, gives them roles, and
// follows every decision.
//
//   node dist/main.js sign-in USER_NAME
//   node dist/main.js deactivate USER_NAME
//   node dist/main.js set-role USER_NAME ROLE
//   node dist/main.js follow CURSOR_FILE

import { randomUUID } from "node:crypto";
import { createClient } from "@connectrpc/connect";
import type { Event } from "./gen/provost/identity/v1/event_pb.js";
import { UserService } from "./gen/provost/identity/v1/user_service_pb.js";
import { Role, type User } from "./gen/provost/identity/v1/user_pb.js";
import { answered, connect, Refused } from "./identity.js";
import { follow } from "./watcher.js";

const USAGE =
  "say sign-in USER_NAME, deactivate USER_NAME, set-role USER_NAME ROLE or follow CURSOR_FILE";
/** What this follower of the ledger is called, one name for each that has a cursor of its own. */
const CONSUMER = "example";
const site = process.env["IDENTITY_SITE"] ?? "default";
const transport = connect(process.env);
const users = createClient(UserService, transport);

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

/** What a service of yours does with an event. The same one may come twice. */
function tell({ site, revision, kind, userId, caller }: Event): Promise<void> {
  const line = `${site} ${revision} ${kind} ${userId} by ${caller}\n`;
  return new Promise((done, failed) => {
    process.stdout.write(line, (error) => (error ? failed(error) : done()));
  });
}

async function main([command, ...words]: string[]): Promise<void> {
  const [first, second] = words;
  if (command === "sign-in" && first) console.log(await signIn(first));
  else if (command === "deactivate" && first) console.log(await deactivate(first));
  else if (command === "set-role" && first && second) console.log(await setRole(first, second));
  else if (command === "follow" && first) await follow(transport, [site], CONSUMER, first, tell);
  else throw new Error(USAGE);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(explained(error));
  process.exitCode = 1;
}
