"""The names by which people search for countries: in English and French after Unicode CLDR, and other usual names.

Each country has its code (ISO 3166-1 alpha-2, `XK`, or `001` for global networks), and its names.
"""

from typing import Final

NAMES_BY_COUNTRY: Final = """
001 Réseaux mondiaux | Satellite | Global networks; AD Andorra | Andorre; AE United Arab Emirates | Émirats arabes
unis | UAE | Emirates; AF Afghanistan; AG Antigua and Barbuda | Antigua & Barbuda | Antigua-et-Barbuda; AI Anguilla;
AL Albania | Albanie; AM Armenia | Arménie; AO Angola; AQ Antarctica | Antarctique; AR Argentina | Argentine; AS
American Samoa | Samoa américaines; AT Austria | Autriche | Osterreich; AU Australia | Australie; AW Aruba; AX Aland
Islands | Åland Islands | Îles Åland; AZ Azerbaijan | Azerbaïdjan; BA Bosnia and Herzegovina | Bosnia & Herzegovina |
Bosnie-Herzégovine | Bosnia; BB Barbados | Barbade; BD Bangladesh; BE Belgium | Belgique; BF Burkina Faso; BG Bulgaria
| Bulgarie; BH Bahrain | Bahreïn; BI Burundi; BJ Benin | Bénin; BL Saint Barthelemy | St. Barthélemy |
Saint-Barthélemy; BM Bermuda | Bermudes; BN Brunei | Brunei Darussalam; BO Bolivia | Bolivie; BQ Caribbean Netherlands
| Pays-Bas caribéens; BR Brazil | Brésil | Brasil; BS Bahamas; BT Bhutan | Bhoutan; BV Bouvet Island | Île Bouvet; BW
Botswana; BY Belarus | Biélorussie; BZ Belize; CA Canada; CC Cocos Islands | Cocos (Keeling) Islands | Îles Cocos; CD
Congo (Kinshasa) | Congo - Kinshasa | Congo-Kinshasa | DR Congo | DRC | Zaire; CF Central African Republic |
République centrafricaine; CG Congo (Brazzaville) | Congo - Brazzaville | Congo-Brazzaville | Republic of the Congo;
CH Switzerland | Suisse | Schweiz; CI Cote d'Ivoire | Côte d'Ivoire | Ivory Coast; CK Cook Islands | Îles Cook; CL
Chile | Chili; CM Cameroon | Cameroun; CN China | Chine | People's Republic of China; CO Colombia | Colombie; CR Costa
Rica; CU Cuba; CV Cabo Verde | Cape Verde | Cap-Vert; CW Curacao | Curaçao; CX Christmas Island | Île Christmas; CY
Cyprus | Chypre; CZ Czechia | Tchéquie | Czech Republic; DE Germany | Allemagne | Deutschland; DJ Djibouti; DK Denmark
| Danemark; DM Dominica | Dominique; DO Dominican Republic | République dominicaine; DZ Algeria | Algérie; EC Ecuador
| Équateur; EE Estonia | Estonie; EG Egypt | Égypte; EH Western Sahara | Sahara occidental; ER Eritrea | Érythrée; ES
Spain | Espagne | Espana; ET Ethiopia | Éthiopie; FI Finland | Finlande; FJ Fiji | Fidji; FK Falkland Islands | Îles
Malouines; FM Micronesia | Micronésie | Federated States of Micronesia; FO Faroe Islands | Îles Féroé; FR France; GA
Gabon; GB United Kingdom | Royaume-Uni | UK | Great Britain | Britain | England | Scotland | Wales | Northern Ireland;
GD Grenada | Grenade; GE Georgia | Géorgie; GF French Guiana | Guyane française; GG Guernsey | Guernesey; GH Ghana; GI
Gibraltar; GL Greenland | Groenland; GM Gambia | Gambie; GN Guinea | Guinée; GP Guadeloupe; GQ Equatorial Guinea |
Guinée équatoriale; GR Greece | Grèce; GS South Georgia and the South Sandwich Islands | Géorgie du Sud-et-les Îles
Sandwich du Sud; GT Guatemala; GU Guam; GW Guinea-Bissau | Guinée-Bissau; GY Guyana; HK Hong Kong | Hong Kong SAR
China | R.A.S. chinoise de Hong Kong; HM Heard Island and McDonald Islands | Heard Island & McDonald Islands | Îles
Heard-et-MacDonald; HN Honduras; HR Croatia | Croatie; HT Haiti | Haïti; HU Hungary | Hongrie; ID Indonesia |
Indonésie; IE Ireland | Irlande; IL Israel | Israël; IM Isle of Man | Île de Man; IN India | Inde; IO British Indian
Ocean Territory | Territoire britannique de l'océan Indien; IQ Iraq | Irak; IR Iran | Islamic Republic of Iran; IS
Iceland | Islande; IT Italy | Italie | Italia; JE Jersey; JM Jamaica | Jamaïque; JO Jordan | Jordanie; JP Japan |
Japon | Nippon; KE Kenya; KG Kyrgyzstan | Kirghizstan; KH Cambodia | Cambodge; KI Kiribati; KM Comoros | Comores; KN
Saint Kitts and Nevis | St. Kitts & Nevis | Saint-Christophe-et-Niévès; KP North Korea | Corée du Nord | DPRK; KR
South Korea | Corée du Sud | Korea | Republic of Korea; KW Kuwait | Koweït; KY Cayman Islands | Îles Caïmans; KZ
Kazakhstan; LA Laos | Lao; LB Lebanon | Liban; LC Saint Lucia | St. Lucia | Sainte-Lucie; LI Liechtenstein; LK Sri
Lanka; LR Liberia; LS Lesotho; LT Lithuania | Lituanie; LU Luxembourg; LV Latvia | Lettonie; LY Libya | Libye; MA
Morocco | Maroc; MC Monaco; MD Moldova | Moldavie; ME Montenegro | Monténégro; MF Saint Martin (French part) | St.
Martin | Saint-Martin; MG Madagascar; MH Marshall Islands | Îles Marshall; MK North Macedonia | Macédoine du Nord |
Macedonia; ML Mali; MM Myanmar | Myanmar (Burma) | Myanmar (Birmanie) | Burma; MN Mongolia | Mongolie; MO Macao |
Macao SAR China | R.A.S. chinoise de Macao; MP Northern Mariana Islands | Îles Mariannes du Nord; MQ Martinique; MR
Mauritania | Mauritanie; MS Montserrat; MT Malta | Malte; MU Mauritius | Maurice; MV Maldives; MW Malawi; MX Mexico |
Mexique; MY Malaysia | Malaisie; MZ Mozambique; NA Namibia | Namibie; NC New Caledonia | Nouvelle-Calédonie; NE Niger;
NF Norfolk Island | Île Norfolk; NG Nigeria; NI Nicaragua; NL Netherlands | Pays-Bas | Holland; NO Norway | Norvège;
NP Nepal | Népal; NR Nauru; NU Niue; NZ New Zealand | Nouvelle-Zélande; OM Oman; PA Panama; PE Peru | Pérou; PF French
Polynesia | Polynésie française; PG Papua New Guinea | Papouasie-Nouvelle-Guinée; PH Philippines; PK Pakistan; PL
Poland | Pologne; PM Saint Pierre and Miquelon | St. Pierre & Miquelon | Saint-Pierre-et-Miquelon; PN Pitcairn |
Pitcairn Islands | Îles Pitcairn; PR Puerto Rico | Porto Rico; PS Palestine | Palestinian Territories | Territoires
palestiniens; PT Portugal; PW Palau | Palaos; PY Paraguay; QA Qatar; RE Reunion | Réunion | La Réunion; RO Romania |
Roumanie; RS Serbia | Serbie; RU Russia | Russie | Russian Federation; RW Rwanda; SA Saudi Arabia | Arabie saoudite;
SB Solomon Islands | Îles Salomon; SC Seychelles; SD Sudan | Soudan; SE Sweden | Suède; SG Singapore | Singapour; SH
Saint Helena | St. Helena, Ascension & Tristan da Cunha | Sainte-Hélène; SI Slovenia | Slovénie; SJ Svalbard and Jan
Mayen | Svalbard & Jan Mayen | Svalbard et Jan Mayen; SK Slovakia | Slovaquie; SL Sierra Leone; SM San Marino |
Saint-Marin; SN Senegal | Sénégal; SO Somalia | Somalie; SR Suriname; SS South Sudan | Soudan du Sud; ST Sao Tome and
Principe | São Tomé & Príncipe | Sao Tomé-et-Principe; SV El Salvador | Salvador; SX Sint Maarten (Dutch part) | Sint
Maarten | Saint-Martin (partie néerlandaise); SY Syria | Syrie | Syrian Arab Republic; SZ Eswatini | Swaziland; TC
Turks and Caicos Islands | Turks & Caicos Islands | Îles Turques-et-Caïques; TD Chad | Tchad; TF French Southern
Territories | French Southern and Antarctic Lands | Terres australes françaises; TG Togo; TH Thailand | Thaïlande; TJ
Tajikistan | Tadjikistan; TK Tokelau; TL Timor-Leste | Timor oriental | East Timor; TM Turkmenistan | Turkménistan; TN
Tunisia | Tunisie; TO Tonga; TR Turkey | Türkiye | Turquie | Turkiye; TT Trinidad and Tobago | Trinidad & Tobago |
Trinité-et-Tobago; TV Tuvalu; TW Taiwan | Taïwan; TZ Tanzania | Tanzanie; UA Ukraine; UG Uganda | Ouganda; UM United
States Minor Outlying Islands | U.S. Outlying Islands | Îles mineures éloignées des États-Unis; US United States |
États-Unis | USA | America | United States of America; UY Uruguay; UZ Uzbekistan | Ouzbékistan; VA Vatican City | État
de la Cité du Vatican | Holy See; VC Saint Vincent and the Grenadines | St. Vincent & Grenadines |
Saint-Vincent-et-les Grenadines; VE Venezuela; VG British Virgin Islands | Îles Vierges britanniques; VI US Virgin
Islands | U.S. Virgin Islands | Îles Vierges des États-Unis; VN Vietnam | Viêt Nam | Viet Nam; VU Vanuatu; WF Wallis
and Futuna | Wallis & Futuna | Wallis-et-Futuna; WS Samoa; XK Kosovo; YE Yemen | Yémen; YT Mayotte; ZA South Africa |
Afrique du Sud; ZM Zambia | Zambie; ZW Zimbabwe
"""
