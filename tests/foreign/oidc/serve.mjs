// An identity provider that nobody here wrote, on a free port, which it prints: whoever types a name is let in under it.
// It knows one client, as soon as that registers itself, and forgets everything at its end. It is served over TLS where it
// is given a certificate and its key. To browsers `localhost` is another site than 127.0.0.1, where consoles of tests are.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { Provider } from "oidc-provider";

const [claimsIn, certificate, key] = process.argv.slice(2);
const server = certificate
  ? createTlsServer({ cert: readFileSync(certificate), key: readFileSync(key) })
  : createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `${certificate ? "https" : "http"}://localhost:${server.address().port}`;
  const provider = new Provider(issuer, {
    claims: { openid: ["sub"], profile: ["preferred_username"], email: ["email", "email_verified"] },
    cookies: { keys: ["a key of a test"] },
    features: {
      registration: {
        enabled: true,
        idFactory: () => "provost",
        secretFactory: () => "the-secret-of-the-client-provost",
      },
    },
    // With `sub` alone in the token unless it is asked for otherwise, as the specification has it.
    conformIdTokenClaims: claimsIn !== "claims-in-tokens",
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, preferred_username: id, email: id, email_verified: true }),
    }),
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
