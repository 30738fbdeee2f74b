// The countries: their codes, their calling codes, and the names that people search for.
import { language, locale, translator } from "./words.js";
import NAMES from "domain/country_names";
import words from "messages/countries";

const t = translator(words);

export const NETWORKS = "001";
const CALLING_CODES = "001:800,808,870,878,881,882,883,888,979 AD:376 AE:971 AF:93 AG:1268 AI:1264 AL:355 AM:374 AO:244 AQ: AR:54 AS:1684 AT:43 AU:61 AW:297 AX:35818 AZ:994 BA:387 BB:1246 BD:880 BE:32 BF:226 BG:359 BH:973 BI:257 BJ:229 BL:590590 BM:1441 BN:673 BO:591 BQ:5993,5994,5997 BR:55 BS:1242 BT:975 BV: BW:267 BY:375 BZ:501 CA:1 CC:618 CD:243 CF:236 CG:242 CH:41 CI:225 CK:682 CL:56 CM:237 CN:86 CO:57 CR:506 CU:53 CV:238 CW:599 CX:618 CY:357 CZ:420 DE:49 DJ:253 DK:45 DM:1767 DO:1809,1829,1849 DZ:213 EC:593 EE:372 EG:20 EH: ER:291 ES:34 ET:251 FI:358 FJ:679 FK:500 FM:691 FO:298 FR:33 GA:241 GB:44 GD:1473 GE:995 GF:594 GG:44 GH:233 GI:350 GL:299 GM:220 GN:224 GP:590 GQ:240 GR:30 GS: GT:502 GU:1671 GW:245 GY:592 HK:852 HM: HN:504 HR:385 HT:509 HU:36 ID:62 IE:353 IL:972 IM:44 IN:91 IO:246 IQ:964 IR:98 IS:354 IT:39 JE:44 JM:1658,1876 JO:962 JP:81 KE:254 KG:996 KH:855 KI:686 KM:269 KN:1869 KP:850 KR:82 KW:965 KY:1345 KZ:7 LA:856 LB:961 LC:1758 LI:423 LK:94 LR:231 LS:266 LT:370 LU:352 LV:371 LY:218 MA:212 MC:377 MD:373 ME:382 MF:590590 MG:261 MH:692 MK:389 ML:223 MM:95 MN:976 MO:853 MP:1670 MQ:596 MR:222 MS:1664 MT:356 MU:230 MV:960 MW:265 MX:52 MY:60 MZ:258 NA:264 NC:687 NE:227 NF:672 NG:234 NI:505 NL:31 NO:47 NP:977 NR:674 NU:683 NZ:64 OM:968 PA:507 PE:51 PF:689 PG:675 PH:63 PK:92 PL:48 PM:508 PN: PR:1787,1939 PS:970 PT:351 PW:680 PY:595 QA:974 RE:262 RO:40 RS:381 RU:7 RW:250 SA:966 SB:677 SC:248 SD:249 SE:46 SG:65 SH:247,290 SI:386 SJ:4779 SK:421 SL:232 SM:378 SN:221 SO:252 SR:597 SS:211 ST:239 SV:503 SX:1721 SY:963 SZ:268 TC:1649 TD:235 TF: TG:228 TH:66 TJ:992 TK:690 TL:670 TM:993 TN:216 TO:676 TR:90 TT:1868 TV:688 TW:886 TZ:255 UA:380 UG:256 UM: US:1 UY:598 UZ:998 VA:3906698 VC:1784 VE:58 VG:1284 VI:1340 VN:84 VU:678 WF:681 WS:685 XK:383 YE:967 YT:262 ZA:27 ZM:260 ZW:263";
const MOST_FOUND = 8;
const GAPS = /[^\p{L}\p{N}]+/gu;

const shownNames = new Intl.DisplayNames(locale, { type: "region" });

export const countryName = (code) => (code === NETWORKS ? t("networks") : /^[A-Z]{2}$/.test(code) ? shownNames.of(code) : code);

/** A country or a prefix in words: "Cuba", "+1900". */
export const placeName = (place) => (place.startsWith("+") ? place : countryName(place));

/** Compare texts without accents, case, and signs: "Saint-Hélène" is "st helene". */
const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(GAPS, " ").trim().replace(/\b(saint|sainte|ste)\b/g, "st");

let all = null;

/** Every country: `{code, name, prefixes, keys}`, keys being what it is found by. */
export function countries() {
	all ??= CALLING_CODES.split(" ").map((entry) => {
		const [code, prefixes] = entry.split(":");
		const name = countryName(code);
		const names = [name, ...(NAMES[code] ?? []), ...(code === NETWORKS ? [] : otherNames(code))];
		return { code, name, prefixes: prefixes.split(",").filter(Boolean), keys: [...new Set(names.map(folded))] };
	}).sort((one, other) => one.name.localeCompare(other.name, locale));
	return all;
}

const byLanguage = new Map();

/** The names of a country in English, in French, and in the language that most people there speak. */
function otherNames(code) {
	return ["en", "fr", local(code)].filter((name) => name && name !== language).map((name) => {
		if (!byLanguage.has(name)) byLanguage.set(name, new Intl.DisplayNames(name, { type: "region" }));
		return byLanguage.get(name).of(code);
	});
}

function local(code) {
	const { language: spoken } = new Intl.Locale(`und-${code}`).maximize();
	return spoken === "und" ? null : spoken;
}

export const digitsOf = (text) => text.replace(/\D/g, "");
export const looksLikeNumber = (text) => /\d/.test(text) && !/\p{L}/u.test(text);

/** The countries that a name, an alias, a code, or the beginning of a number means, the likeliest first. */
export function findCountries(text) {
	if (looksLikeNumber(text)) return byPrefix(digitsOf(text));
	const wanted = folded(text);
	if (!wanted) return [];
	const ranked = countries().map((country) => [Math.min(...country.keys.map((key) => rank(key, wanted)), country.code.toLowerCase() === wanted ? 1 : 9), country]);
	return ranked.filter(([place]) => place < 9).sort(([one], [other]) => one - other).slice(0, MOST_FOUND).map(([, country]) => country);
}

function rank(key, wanted) {
	if (key === wanted) return 0;
	if (key.startsWith(wanted)) return 2;
	if (key.includes(` ${wanted}`)) return 3;
	return wanted.length > 2 && key.includes(wanted) ? 4 : 9;
}

/** Of the countries that share a calling code, those with the most numbers. */
const LARGEST = ["GB", "US", "RU"];

/** The countries whose calling code a number begins with, the longest first, then those whose calling code begins with it. */
function byPrefix(digits) {
	const ranked = countries().map((country) => [Math.max(...country.prefixes.map((prefix) => (digits.startsWith(prefix) ? 20 + prefix.length : prefix.startsWith(digits) ? 10 - prefix.length : 0)), 0) + (LARGEST.includes(country.code) ? 0.5 : 0), country]);
	return ranked.filter(([place]) => place >= 1).sort(([one], [other]) => other - one).slice(0, MOST_FOUND).map(([, country]) => country);
}
