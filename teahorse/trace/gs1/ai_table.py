"""
The application identifiers of GS1 as a table (GS1 General Specifications, section 3; state of July 2026).

A format is a row of components with ``+`` between: kind and length (``N6`` six digits, ``X..20`` one to twenty of the 82 characters,
``Y`` of the 39, ``Z`` of base 64), then the linters of the component; what stands in brackets may be missing. ``needs`` are the other
identifiers of which one (``|``) or several together (``+``) have to be there, ``bars`` those that must not; ``n`` is any digit.
``qualifiers`` are there if it is a primary key of Digital Link: what may follow it in the path, in this order, with ``|`` between
sequences that do not mix. ``attribute`` says that it may stand in the query of a link.
"""

from collections.abc import Iterator
from typing import NamedTuple

TRADE_ITEM = "01 | 02 | 03 | 8006 | 8026"
PRICED = "30 | 31nn | 32nn | 35nn | 36nn"
PERSON = "8017 | 8018"
GTIN = "N14 csum gcppos2"
GLN = "N13 csum gcppos1"
GSRN = "N18 csum gcppos1"
FIVE_COUNTRIES = "N3 iso3166 + [N3 iso3166] + [N3 iso3166] + [N3 iso3166] + [N3 iso3166]"


class Row(NamedTuple):
    """One identifier, or several in a row that differ in their last digits alone; the title may count them."""

    codes: str
    form: str
    title: str
    needs: str = ""
    bars: str = ""
    qualifiers: str | None = None
    attribute: bool = True


def measures(needs: str, *, titles: dict[str, str]) -> Iterator[Row]:
    """Yield the families of measures: six digits, the identifier's last digit says how many of them are decimals."""
    for family, title in titles.items():
        yield Row(f"{family}0-{family}5", "N6", title, needs, f"{family}n")


KEYS = (
    Row("00", "N18 csum gcppos2", "SSCC", qualifiers=""),
    Row("01", GTIN, "GTIN", bars="255 37", qualifiers="22 10 21 | 235"),
    Row("253", f"{GLN} + [X..17]", "GDTI", qualifiers=""),
    Row("255", f"{GLN} + [N..12]", "GCN", bars="01 02 415 8006 8020 8026", qualifiers=""),
    Row("401", "X..30 gcppos1", "GINC", qualifiers=""),
    Row("402", "N17 csum gcppos1", "GSIN", qualifiers=""),
    Row("414", GLN, "LOC No.", qualifiers="254 | 7040"),
    Row("415", GLN, "PAY TO", "8020", qualifiers="8020"),
    Row("417", GLN, "PARTY", qualifiers="7040"),
    Row("8003", f"N1 zero + {GLN} + [X..16]", "GRAI", qualifiers=""),
    Row("8004", "X..30 gcppos1", "GIAI", qualifiers="7040"),
    Row("8006", f"{GTIN} + N4 pieceoftotal", "ITIP", bars="01 03 37", qualifiers="22 10 21"),
    Row("8010", "Y..30 gcppos1", "CPID", qualifiers="8011"),
    Row("8013", "X..25 csumalpha gcppos1", "GMN", qualifiers=""),
    Row("8017", GSRN, "GSRN - PROVIDER", bars="8018", qualifiers="8019"),
    Row("8018", GSRN, "GSRN - RECIPIENT", bars="8017", qualifiers="8019"),
)

TRADE_ITEMS = (
    Row("02", GTIN, "CONTENT", "37", "01 03"),
    Row("03", GTIN, "MTO GTIN", bars="01 02 37 235", attribute=False),
    Row("10", "X..20", "BATCH/LOT", TRADE_ITEM),
    Row("11", "N6 yymmd0", "PROD DATE", TRADE_ITEM),
    Row("12", "N6 yymmd0", "DUE DATE", "8020"),
    Row("13", "N6 yymmd0", "PACK DATE", TRADE_ITEM),
    Row("15", "N6 yymmd0", "BEST BEFORE or BEST BY", TRADE_ITEM),
    Row("16", "N6 yymmd0", "SELL BY", TRADE_ITEM),
    Row("17", "N6 yymmd0", "USE BY or EXPIRY", "01 | 02 | 03 | 255 | 8006 | 8026"),
    Row("20", "N2", "VARIANT", TRADE_ITEM),
    Row("21", "X..20", "SERIAL", "01 | 03 | 8006", "235", attribute=False),
    Row("22", "X..20", "CPV", "01", attribute=False),
    Row("235", "X..28", "TPX", "01", attribute=False),
    Row("240", "X..30", "ADDITIONAL ID", TRADE_ITEM),
    Row("241", "X..30", "CUST. PART No.", TRADE_ITEM),
    Row("242", "N..6", "MTO VARIANT", "01 | 02 | 8006 | 8026"),
    Row("243", "X..20", "PCN", "01 | 03"),
    Row("250", "X..30", "SECONDARY SERIAL", "01+21 | 03+21 | 8006+21"),
    Row("251", "X..30", "REF. TO SOURCE", "01 | 03 | 8006"),
    Row("254", "X..20", "GLN EXTENSION COMPONENT", "414", attribute=False),
    Row("30", "N..8", "VAR. COUNT", "01 | 02"),
    Row("37", "N..8", "COUNT", "00+02 | 00+8026"),
)

MEASURES = (
    *measures(
        "01 | 02",
        titles={
            "310": "NET WEIGHT (kg)",
            "311": "LENGTH (m)",
            "312": "WIDTH (m)",
            "313": "HEIGHT (m)",
            "314": "AREA (m²)",
            "315": "NET VOLUME (l)",
            "316": "NET VOLUME (m³)",
            "320": "NET WEIGHT (lb)",
            "321": "LENGTH (in)",
            "322": "LENGTH (ft)",
            "323": "LENGTH (yd)",
            "324": "WIDTH (in)",
            "325": "WIDTH (ft)",
            "326": "WIDTH (yd)",
            "327": "HEIGHT (in)",
            "328": "HEIGHT (ft)",
            "329": "HEIGHT (yd)",
            "350": "AREA (in²)",
            "351": "AREA (ft²)",
            "352": "AREA (yd²)",
            "356": "NET WEIGHT (tr oz)",
            "357": "NET VOLUME (oz)",
            "360": "NET VOLUME (qt (US))",
            "361": "NET VOLUME (gal.)",
            "364": "NET VOLUME (in³)",
            "365": "NET VOLUME (ft³)",
            "366": "NET VOLUME (yd³)",
        },
    ),
    *measures(
        "00 | 01",
        titles={
            "330": "GROSS WEIGHT (kg)",
            "331": "LENGTH (m), log",
            "332": "WIDTH (m), log",
            "333": "HEIGHT (m), log",
            "334": "AREA (m²), log",
            "335": "VOLUME (l), log",
            "336": "VOLUME (m³), log",
            "340": "GROSS WEIGHT (lb)",
            "341": "LENGTH (in), log",
            "342": "LENGTH (ft), log",
            "343": "LENGTH (yd), log",
            "344": "WIDTH (in), log",
            "345": "WIDTH (ft), log",
            "346": "WIDTH (yd), log",
            "347": "HEIGHT (in), log",
            "348": "HEIGHT (ft), log",
            "349": "HEIGHT (yd), log",
            "353": "AREA (in²), log",
            "354": "AREA (ft²), log",
            "355": "AREA (yd²), log",
            "362": "VOLUME (qt (US)), log",
            "363": "VOLUME (gal (US)), log",
            "367": "VOLUME (in³), log",
            "368": "VOLUME (ft³), log",
            "369": "VOLUME (yd³), log",
        },
    ),
    *measures("01", titles={"337": "KG PER m²"}),
)

PRICES = (
    Row("3900-3909", "N..15", "AMOUNT", "255 | 8020", "390n 391n 394n 8111"),
    Row("3910-3919", "N3 iso4217 + N..15", "AMOUNT", "8020", "391n"),
    Row("3920-3929", "N..15", "PRICE", "01+30 | 01+31nn | 01+32nn | 01+35nn | 01+36nn", "392n 393n"),
    Row("3930-3939", "N3 iso4217 + N..15", "PRICE", PRICED, "393n"),
    Row("3940-3943", "N4", "PRCNT OFF", "255", "394n 8111"),
    Row("3950-3955", "N6", "PRICE/UoM", PRICED, "392n 393n 395n 8005"),
    Row("8005", "N6", "PRICE PER UNIT", "01 | 02"),
    Row("8007", "X..34 iban", "IBAN", "415"),
    Row("8020", "X..25", "REF No.", "415", attribute=False),
    Row("8110", "X..70 couponcode", ""),
    Row("8111", "N4", "POINTS", "255"),
    Row("8112", "X..70 couponposoffer", ""),
)

LOGISTICS = (
    Row("400", "X..30", "ORDER NUMBER"),
    Row("403", "X..30", "ROUTE", "00"),
    Row("410", GLN, "SHIP TO LOC"),
    Row("411", GLN, "BILL TO"),
    Row("412", GLN, "PURCHASE FROM"),
    Row("413", GLN, "SHIP FOR LOC"),
    Row("416", GLN, "PROD/SERV LOC"),
    Row("420", "X..20", "SHIP TO POST", bars="421"),
    Row("421", "N3 iso3166 + X..9", "SHIP TO POST", bars="4307"),
    Row("4300", "X..35 pcenc", "SHIP TO COMP", "00"),
    Row("4301", "X..35 pcenc", "SHIP TO NAME", "00"),
    Row("4302", "X..70 pcenc", "SHIP TO ADD1", "00"),
    Row("4303", "X..70 pcenc", "SHIP TO ADD2", "4302"),
    Row("4304", "X..70 pcenc", "SHIP TO SUB", "00"),
    Row("4305", "X..70 pcenc", "SHIP TO LOC", "00"),
    Row("4306", "X..70 pcenc", "SHIP TO REG", "00"),
    Row("4307", "X2 iso3166alpha2", "SHIP TO COUNTRY", "00"),
    Row("4308", "X..30", "SHIP TO PHONE", "00"),
    Row("4309", "N10 latitude + N10 longitude", "SHIP TO GEO", "00"),
    Row("4310", "X..35 pcenc", "RTN TO COMP", "00"),
    Row("4311", "X..35 pcenc", "RTN TO NAME", "00"),
    Row("4312", "X..70 pcenc", "RTN TO ADD1", "00"),
    Row("4313", "X..70 pcenc", "RTN TO ADD2", "4312"),
    Row("4314", "X..70 pcenc", "RTN TO SUB", "00"),
    Row("4315", "X..70 pcenc", "RTN TO LOC", "00"),
    Row("4316", "X..70 pcenc", "RTN TO REG", "00"),
    Row("4317", "X2 iso3166alpha2", "RTN TO COUNTRY", "00"),
    Row("4318", "X..20", "RTN TO POST", "00"),
    Row("4319", "X..30", "RTN TO PHONE", "00"),
    Row("4320", "X..35 pcenc", "SRV DESCRIPTION", "00"),
    Row("4321", "N1 yesno", "DANGEROUS GOODS", "00"),
    Row("4322", "N1 yesno", "AUTH TO LEAVE", "00"),
    Row("4323", "N1 yesno", "SIG REQUIRED", "00"),
    Row("4324", "N6 yymmd0 + N4 hhmi", "NOT BEF DEL DT", "00"),
    Row("4325", "N6 yymmd0 + N4 hhmi", "NOT AFT DEL DT", "00"),
    Row("4326", "N6 yymmdd", "REL DATE", "00"),
    Row("4330", "N6 + [X1 hyphen]", "MAX TEMP F.", "00", "4331"),
    Row("4331", "N6 + [X1 hyphen]", "MAX TEMP C.", "00", "4330"),
    Row("4332", "N6 + [X1 hyphen]", "MIN TEMP F.", "00", "4333"),
    Row("4333", "N6 + [X1 hyphen]", "MIN TEMP C.", "00", "4332"),
    Row("7041", "X..4 packagetype", "UFRGT UNIT TYPE", "00", attribute=False),
)

ORIGIN_AND_MAKING = (
    Row("422", "N3 iso3166", "ORIGIN", TRADE_ITEM, "426"),
    Row("423", FIVE_COUNTRIES, "COUNTRY - INITIAL PROCESS", "01 | 02 | 03", "426"),
    Row("424", "N3 iso3166", "COUNTRY - PROCESS", "01 | 02 | 03", "426"),
    Row("425", FIVE_COUNTRIES, "COUNTRY - DISASSEMBLY", "01 | 02 | 03", "426"),
    Row("426", "N3 iso3166", "COUNTRY - FULL PROCESS", "01 | 02 | 03"),
    Row("427", "X..3", "ORIGIN SUBDIVISION", "01+422 | 02+422 | 03+422"),
    Row("7001", "N13", "NSN", "01 | 02 | 8006 | 8026"),
    Row("7002", "X..30", "MEAT CUT", "01 | 02"),
    Row("7003", "N6 yymmdd + N4 hhmi", "EXPIRY TIME", "01 | 02 | 03"),
    Row("7004", "N..4", "ACTIVE POTENCY", "01+10 | 03+10"),
    Row("7005", "X..12", "CATCH AREA", "01 | 02"),
    Row("7006", "N6 yymmdd", "FIRST FREEZE DATE", "01 | 02"),
    Row("7007", "N6 yymmdd + [N6 yymmdd]", "HARVEST DATE", "01 | 02"),
    Row("7008", "X..3", "AQUATIC SPECIES", "01 | 02"),
    Row("7009", "X..10", "FISHING GEAR TYPE", "01 | 02"),
    Row("7010", "X..2", "PROD METHOD", "01 | 02 | 03"),
    Row("7011", "N6 yymmdd + [N4 hhmi]", "TEST BY DATE", "01 | 02 | 03"),
    Row("7020", "X..20", "REFURB LOT", "01+416 | 03+416 | 8006+416"),
    Row("7021", "X..20", "FUNC STAT", "01 | 03 | 8006"),
    Row("7022", "X..20", "REV STAT", "01+7021 | 03+7021 | 8006+7021"),
    Row("7023", "X..30 gcppos1", "GIAI - ASSEMBLY"),
    Row("7030-7039", "N3 iso3166999 + X..27", "PROCESSOR # {from_0}", "01 | 02"),
    Row("7040", "N1 + X1 + X1 + X1 importeridx", "UIC+EXT", attribute=False),
    Row("710", "X..20", "NHRN PZN", "01"),
    Row("711", "X..20", "NHRN CIP", "01"),
    Row("712", "X..20", "NHRN CN", "01"),
    Row("713", "X..20", "NHRN DRN", "01"),
    Row("714", "X..20", "NHRN AIM", "01"),
    Row("715", "X..20", "NHRN NDC", "01"),
    Row("716", "X..20", "NHRN AIC", "01"),
    Row("717", "X..20", "NHRN SRN", "01"),
    Row("7230-7239", "X2 + X..28", "CERT # {from_1}", "01 | 8004"),
    Row("7240", "X..20", "PROTOCOL", "01 | 8006", "03"),
    Row("8001", "N4 nonzero + N5 nonzero + N3 nonzero + N1 winding + N1", "DIMENSIONS", "01"),
    Row("8008", "N6 yymmdd + N2 hh + [N2 mi] + [N2 ss]", "PROD TIME", "01 | 02 | 03"),
    Row("8012", "X..20", "VERSION", "01 | 03 | 8006"),
)

PERSONS = (
    Row("7241", "N2 mediatype", "AIDC MEDIA TYPE", PERSON),
    Row("7242", "X..25", "VCN", PERSON),
    Row("7250", "N8 yyyymmdd", "DOB", "8018", "7251"),
    Row("7251", "N8 yyyymmdd + N4 hhmi", "DOB TIME", "8018", "7250"),
    Row("7252", "N1 iso5218", "BIO SEX", "8018"),
    Row("7253", "X..40 pcenc", "FAMILY NAME", PERSON, "7256 7259"),
    Row("7254", "X..40 pcenc", "GIVEN NAME", PERSON, "7256 7259"),
    Row("7255", "X..10", "SUFFIX", PERSON, "7256 7259"),
    Row("7256", "X..90 pcenc", "FULL NAME", PERSON),
    Row("7257", "X..70 pcenc", "PERSON ADDR", "8018"),
    Row("7258", "X3 posinseqslash", "BIRTH SEQUENCE", "8018+7259"),
    Row("7259", "X..40 pcenc", "BABY", "8018", "7256"),
    Row("8019", "N..10", "SRIN", PERSON, attribute=False),
)

PARTS_AND_SIGNATURES = (
    Row("8002", "X..20", "CMT No."),
    Row("8009", "X..50", "OPTSEN", "00 | 01 | 03"),
    Row("8011", "N..12 nozeroprefix", "CPID SERIAL", "8010", attribute=False),
    Row("8014", "X..25 csumalpha gcppos1 hasnondigit", "MUDI", "01", attribute=False),
    Row("8026", f"{GTIN} + N4 pieceoftotal", "ITIP CONTENT", "37", "02 03 8006"),
    Row("8030", "Z..90", "DIGSIG", "00 | 01+21 | 03+21 | 253 | 255 | 8003 | 8004 | 8006+21 | 8010+8011 | 8017 | 8018"),
    Row("8040", "N15", "IMEI", "01+21", attribute=False),
    Row("8041", "N15", "IMEI2", "01+21+8040", attribute=False),
    Row("8042", "N32", "ESIM", "01+21+8040", attribute=False),
    Row("8043", "N18 + [N..2]", "PSIM", "01+21+8040", attribute=False),
    Row("8200", "X..70", "PRODUCT URL", "01", attribute=False),
)

INTERNAL = (
    Row("90", "X..30", "INTERNAL"),
    Row("91-99", "X..90", "INTERNAL"),
)

ROWS = (*KEYS, *TRADE_ITEMS, *MEASURES, *PRICES, *LOGISTICS, *ORIGIN_AND_MAKING, *PERSONS, *PARTS_AND_SIGNATURES, *INTERNAL)
