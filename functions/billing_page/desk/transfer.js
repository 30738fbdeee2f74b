// Transferring credit between two accounts.
import { h, page } from "../page/dom.js";
import { transfer } from "./moves.js";
import { actButton, actions } from "./parts.js";

export function transferPage() {
	return page("Transfer credit", "Move credit from one account to another, for example when a customer opened two.", h("div.card",
		h("ul", h("li", "Both accounts must be open and not frozen."), h("li", "At most the available credit moves. Credit on hold for calls in progress stays."), h("li", "Credit paid with a blocked card does not move."), h("li", "Granted and promotional credit does not move."),
			h("li", "Above the daily amount of a person, a colleague must approve.")),
		actions(actButton("New transfer", () => transfer({}), { looks: "main" }))));
}
