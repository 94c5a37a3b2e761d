// The dashboard: who is logged in, and the desk in front of them.
import { html, render, useEffect, useState } from "../vendor/htm/preact.js";
import { Connection } from "./connection.js";
import * as credentials from "./credentials.js";
import { Desk } from "./desk.js";
import { Invitation } from "./invitation.js";
import { Login } from "./login.js";
import { endSignIn } from "./providers.js";
import { wearAgain } from "./theme.js";

function App({ first, reason: firstReason, invitation: firstInvitation }) {
  const [invitation, setInvitation] = useState(firstInvitation);
  const [who, setWho] = useState(first);
  const [reason, setReason] = useState(firstReason);
  const [connection, setConnection] = useState(null);
  useEffect(() => {
    if (!who) return undefined;
    const loggedOut = (why) => {
      setReason(why);
      setWho(null);
    };
    const made = new Connection(loggedOut);
    setConnection(made);
    return () => {
      made.close();
      setConnection(null);
    };
  }, [who]);
  const loggedIn = (found) => {
    setReason("");
    setInvitation(null);
    setWho(found);
  };
  const logOut = () => {
    connection?.close(); // before the server does: then it would try to come back
    setWho(null);
    credentials.logOut().catch(({ message }) => setReason(message));
  };
  const refused = (why) => {
    setReason(why);
    setInvitation(null);
  };
  if (invitation)
    return html`<${Invitation} invitation=${invitation} onLoggedIn=${loggedIn} onRefused=${refused} />`;
  if (!who) return html`<${Login} reason=${reason} onLoggedIn=${loggedIn} />`;
  const onLogOut = who.isLoggedIn && logOut;
  return (
    connection &&
    html`<${Desk} key=${who.since} connection=${connection} trouble=${reason} onLogOut=${onLogOut} />`
  );
}

async function start() {
  wearAgain();
  const place = document.getElementById("dashboard");
  const isOpen = place.dataset.open === "true"; // the server requires no credentials
  const invitation = credentials.invitationFromAddress();
  let first = null;
  let reason = "";
  try {
    const signIn = invitation ? null : await endSignIn();
    if (signIn) [first, reason] = [signIn.who, signIn.trouble ?? ""];
    else if (!invitation)
      first = (await credentials.fromAddress()) ?? (isOpen ? {} : await credentials.kept());
  } catch (failure) {
    reason = `The link's token is no longer valid: ${failure.message}`;
  }
  render(html`<${App} first=${first} reason=${reason} invitation=${invitation} />`, place);
}

// A link that is opened where the dashboard is open already changes the hash alone.
addEventListener("hashchange", () => /token=|invitation=|sign-in/.test(location.hash) && location.reload());
start();
