// The views of rates and settings that main.js loads on demand, by their addresses. Each gets the query of its address, and the
// user, false before a sign-in.
import { activityPage } from "./activity.js";
import { addCodes } from "./codes.js";
import { freezePage } from "./freeze.js";
import { limitsPage } from "./limits.js";
import { notificationsPage } from "./notifications.js";
import { ratesPage } from "./rates.js";
import { refusedPage } from "./refused.js";
import { settingsPage } from "./settings_index.js";
import more from "messages/more_codes";
import codes from "messages/places_codes";

addCodes({ ...more, ...codes });

export const places = {
	"#/rates": ratesPage,
	"#/settings": settingsPage,
	"#/settings/activity": activityPage,
	"#/settings/freeze": freezePage,
	"#/settings/limits": limitsPage,
	"#/settings/notifications": notificationsPage,
	"#/settings/refused": refusedPage,
};
