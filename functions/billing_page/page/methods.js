// The payment methods: default, backup, used by the rule, and those that cannot pay.
import { account, isStopped, loadMethods, onAccount } from "./account.js";
import { ask } from "./api.js";
import { added, addedIsSeen, addMethod, draft, hasLeft, keepDraft, payable } from "./cards.js";
import { confirmed, failure, fill, h, note, say } from "./dom.js";
import { cardName } from "./format.js";
import { stateWords } from "./funds.js";
import { translator } from "./words.js";
import funds from "messages/funds";

const t = translator(funds);
const SHOWN = 3;
const FORM = "methods";
const LOOKS = { blocked: "bad", expired: "bad", declined: "bad", expiring: "wait" };

/** The card; `back` says how the user returned from Stripe's page. */
export function methodsCard(back) {
	const [place, alert] = [h("div"), h("div", { role: "alert" })];
	const [more, bank] = [h("button", { onclick: () => leave("card") }, t("addCard")), h("button", { onclick: () => leave("us_bank_account") }, t("addBank"))];
	const buttons = h("div.actions", more, bank);
	const card = h("section.card.methods", { "aria-labelledby": "methods-title" }, h("h2", { id: "methods-title" }, t("methods")), place, alert, buttons);
	let isOpen = false;
	let isNew = back.card && hasLeft(FORM);
	show();
	return onAccount(card, show);

	function show() {
		const { methods } = account;
		card.hidden = !methods?.length && !isNew; // Without a method, the form above offers all ways to pay.
		buttons.hidden = isStopped();
		if (!methods) return;
		if (isNew) greet(methods);
		const shown = isOpen ? methods : methods.slice(0, SHOWN);
		const all = shown.length < methods.length ? h("button.quiet", { onclick: () => { isOpen = true; show(); place.querySelectorAll("li")[SHOWN].querySelector("button").focus(); } }, t("showAll", { count: methods.length })) : null;
		const list = h("ul.saved", shown.map((one) => row(one)));
		fill(place, methods.length ? list : h("p.hint", t("noMethods")), all);
	}
	/** Say whether a method was added on Stripe's page. */
	function greet(methods) {
		isNew = false;
		const one = added(FORM, methods);
		if (one) keepDraft("funds", { ...draft("funds"), card: one.id });
		fill(alert, back.card === "added" ? note("good", t("saved"), h("p", t("notCharged"))) : note("plain", t("noneAdded")));
		say(alert.textContent);
		addedIsSeen();
	}
	function row(one) {
		const [name, canUse] = [cardName(one), payable(one) && !isStopped()];
		const used = [one.backup && t("backup"), one.used_by_rule && t("usedByRule")].filter(Boolean);
		return h("li", h("div", h("strong", name), h("span", { class: `hint ${LOOKS[one.state] ?? ""}` }, stateWords(one)), used.map((words) => h("span.pill", words))),
			h("div.row-actions",
				one.default || !canUse ? null : action(one, "makeDefault", "makeDefaultName", { default: true }),
				one.type === "us_bank_account" || (!canUse && !one.backup) ? null : one.backup ? action(one, "noBackup", "noBackupName", { backup: false }) : one.used_by_rule ? null : action(one, "useBackup", "useBackupName", { backup: true }),
				h("button.quiet", { "aria-label": t("removeName", { name }), onclick: () => forget(one) }, t("remove"))));
	}
	function action(one, key, name, body) {
		const button = h("button.quiet", { "aria-label": t(name, { name: cardName(one) }), onclick: () => change(button, () => ask("PATCH", `/payment-methods/${encodeURIComponent(one.id)}`, { body }), t("saved")) }, t(key));
		return button;
	}
	async function change(button, send, words) {
		if (button) button.disabled = true;
		fill(alert);
		try {
			await send();
			say(words);
			await loadMethods();
		} catch (problem) {
			if (button) button.disabled = false;
			fill(alert, failure(problem));
		}
	}
	async function forget(one) {
		const words = `${t("removeWords", { name: cardName(one) })} ${one.pauses_auto_recharge ? t("pausesRule") : t("pausesNothing")}`;
		if (!(await confirmed(t("removeTitle"), words, t("removeMethod")))) return;
		await change(null, () => ask("DELETE", `/payment-methods/${encodeURIComponent(one.id)}`), t("removed"));
		document.dispatchEvent(new Event("account-changed"));
	}
	async function leave(type) {
		more.disabled = bank.disabled = true;
		fill(alert);
		await addMethod(FORM, type, account.methods ?? []).catch((problem) => { more.disabled = bank.disabled = false; fill(alert, failure(problem)); });
	}
}
