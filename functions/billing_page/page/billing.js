// The Billing view: one banner, the checklist of a first visit, balance, adding funds, payment methods, automatic recharge, usage.
import { followEvents, loadMethods, loadOverview, loadTopUps } from "./account.js";
import { balanceCard } from "./balance.js";
import { accountBanner } from "./banner.js";
import { checklist } from "./checklist.js";
import { h } from "./dom.js";
import { fundsCard } from "./funds.js";
import { methodsCard } from "./methods.js";
import { rechargeCard } from "./recharge.js";
import { usageCard } from "./usage.js";
import { translator } from "./words.js";
import billing from "messages/billing";

const t = translator(billing);

/** Begin to load what only billing admins see; the cards show what fails. */
export function loadForAdmin() {
	const both = [loadMethods(), loadTopUps()];
	for (const one of both) one.catch(() => {});
	return both;
}

/** The view; `back` holds the URL parameters of a return, `loading` what `loadForAdmin` returned. `renew()` loads everything
 * again, `isShown()` says whether the view is still on the page. */
export function billingView(isAdmin, back, loading) {
	const isShown = () => grid.isConnected;
	const move = () => followEvents(isShown, isAdmin);
	const [usage, recharge] = [usageCard(), rechargeCard(isAdmin)];
	const renew = async () => {
		const done = await Promise.allSettled([loadOverview(), usage.renew(), isAdmin ? loadTopUps() : null, isAdmin ? loadMethods() : null]);
		move();
		if (done[0].reason) throw done[0].reason;
	};
	const paid = async (topUp) => {
		const mayChangeMethods = isAdmin && (topUp?.kind === "checkout" || topUp?.status === "failed");
		await Promise.allSettled([loadOverview(), isAdmin ? loadTopUps() : null, mayChangeMethods ? loadMethods() : null]);
		move();
	};
	const balance = balanceCard(renew);
	const funds = fundsCard(isAdmin, back, paid, loading);
	const grid = h("div.grid", accountBanner(isAdmin), isAdmin ? checklist() : null, balance, funds, isAdmin ? methodsCard(back) : null, recharge, usage);
	Promise.allSettled(loading ?? []).then(move);
	return { content: [h("h1.unseen", { tabindex: "-1" }, t("billing")), grid], renew: () => renew().catch(() => {}) };
}
