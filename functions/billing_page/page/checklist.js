// The first steps of a new account, each done in place.
import { account, isStopped, onAccount } from "./account.js";
import { ask } from "./api.js";
import { failure, field, fill, goTo, h, note } from "./dom.js";
import { micros, money } from "./format.js";
import { prefill } from "./funds.js";
import { openRule } from "./recharge.js";
import { switchOnButton } from "./switch_on.js";
import { translator } from "./words.js";
import billing from "messages/billing";

const t = translator(billing);
const PLACE = "checklist"; // `{id, isHidden, hasLooked}` of the account in this tab.

const stored = () => {
	const found = JSON.parse(sessionStorage.getItem(PLACE) ?? "null");
	return found?.id === account.overview.account_id ? found : null;
};

const keep = (more) => sessionStorage.setItem(PLACE, JSON.stringify({ id: account.overview.account_id, ...stored(), ...more }));

/** Whether the checklist is shown: to an account without payments, calls, and rule, until it is hidden. */
export function isNewAccount() {
	const { overview: { forecast, auto_recharge: rule }, topUps } = account;
	if (topUps === null || isStopped() || stored()?.isHidden) return false;
	return stored() !== null || (!topUps.length && !rule.amount && !Number(forecast.daily_spend ?? 0));
}

/** The card; hidden unless the account is new. */
export function checklist() {
	const list = h("ol");
	const title = h("h2", { id: "checklist-title" });
	const hide = h("button.quiet", { onclick: () => { keep({ isHidden: true }); document.dispatchEvent(new Event("account")); } }, t("hide"));
	const card = h("section.card.checklist", { "aria-labelledby": "checklist-title" }, h("div.card-head", title, hide), list);
	const lookUp = rateField(() => { keep({ hasLooked: true }); show(); });
	let shown = "";
	show();
	return onAccount(card, show);

	function show() {
		card.hidden = !isNewAccount();
		if (card.hidden) return;
		keep({});
		const { lines, available, auto_recharge: rule } = account.overview;
		const done = [micros(available) > 0n, lines.enabled > 0, rule.enabled, stored().hasLooked === true];
		title.textContent = done.every(Boolean) ? t("ready") : t("firstSteps");
		const state = JSON.stringify([done, lines]);
		if (state === shown) return; // Keep what is being typed.
		shown = state;
		const steps = [
			[t("stepFunds"), h("button", { onclick: () => prefill(null) }, t("addFunds"))],
			[t("stepLines"), lines.total ? [switchOnButton(), h("a", { href: "#/lines" }, t("chooseLines"))] : h("p.hint", t("noLines"))],
			[t("stepRecharge"), h("button", { onclick: () => { goTo("recharge-title"); openRule(); } }, t("setUp"))],
			[t("stepRate"), null],
		];
		fill(list, steps.map(([name, action], index) => h("li", { class: done[index] ? "done" : null },
			h("p", h("strong", name), done[index] ? h("span.unseen", ` ${t("done")}`) : null), done[index] || !action ? null : h("div.actions", action), index === 3 ? lookUp : null)));
	}
}

/** A field that looks up the price of a number in place. */
function rateField(looked) {
	const number = h("input", { type: "tel", name: "rate-number", autocomplete: "off", placeholder: "+44 20 7183 8750" });
	const box = field(t("rateNumber"), number, [t("rateHint", { link: h("a", { href: "#/rates" }, t("allRates")) })].flat(2));
	const result = h("div", { role: "status" });
	return h("form.lookup", { novalidate: true, onsubmit: look }, box, h("button", { type: "submit" }, t("lookUp")), result);

	async function look(event) {
		event.preventDefault();
		box.fails(null);
		if (!/\d{3}/.test(number.value)) return box.fails(t("rateNumberForm"));
		try {
			const { items: [found] } = await ask("GET", "/account/rates", { query: { number: number.value.trim() } });
			fill(result, found ? note("good", null, h("p", t(found.included ? "rateIncluded" : "ratePerMinute", { destination: found.destination, rate: money(found.rate_per_minute) })))
				: note("plain", null, h("p", t("noRate"))));
			looked();
		} catch (problem) {
			if (problem.code === "invalid_number") box.fails(problem.detail);
			else fill(result, failure(problem));
		}
		return undefined;
	}
}
