"""Who does the work: organisations with their hours, and the grid workers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from simulator.people import person_of
from simulator.places.district import NAME, District
from simulator.places.places import Places

# code, name, type, parent, level, network, hours
_OFFICES = (
    ("GOV01", f"{NAME}社会治理中心", "centre", "", "district", "governance_centre", "always"),
    ("CM01", f"{NAME}城市管理局", "department", "GOV01", "district", "city_management", "default"),
    ("CM11", f"{NAME}环卫所", "unit", "CM01", "district", "city_management", "default"),
    ("CM12", f"{NAME}市政养护所", "unit", "CM01", "district", "city_management", "default"),
    ("CM13", f"{NAME}工地管理站", "unit", "CM01", "district", "city_management", "default"),
    ("CM14", f"{NAME}园林绿化所", "unit", "CM01", "district", "city_management", "default"),
    ("PS00", f"{NAME}公安分局", "department", "GOV01", "district", "public_security", "always"),
    ("WT01", f"{NAME}供水公司", "company", "GOV01", "district", "water", "always"),
    ("WT11", "供水抢修一班", "unit", "WT01", "district", "water", "always"),
    ("WT12", "供水抢修二班", "unit", "WT01", "district", "water", "always"),
    ("PW01", f"{NAME}供电公司", "company", "GOV01", "district", "power", "always"),
    ("PW11", "供电抢修一班", "unit", "PW01", "district", "power", "always"),
    ("GS01", f"{NAME}燃气公司", "company", "GOV01", "district", "gas", "always"),
    ("GS11", "燃气抢修班", "unit", "GS01", "district", "gas", "always"),
    ("HT01", f"{NAME}供热公司", "company", "GOV01", "district", "heat", "always"),
    ("HT11", "供热维修班", "unit", "HT01", "district", "heat", "always"),
    ("HL01", f"{NAME}热线受理中心", "centre", "GOV01", "district", "hotline", "always"),
    ("RS01", f"{NAME}人力资源和社会保障局", "department", "GOV01", "district", "governance_centre", "default"),
    ("ZJ01", f"{NAME}住房和城乡建设局", "department", "GOV01", "district", "governance_centre", "default"),
    ("HB01", f"{NAME}生态环境局", "department", "GOV01", "district", "governance_centre", "default"),
    ("SJ01", f"{NAME}市场监督管理局", "department", "GOV01", "district", "market_supervision", "default"),
    ("SJ11", "柳塘市场监管所", "unit", "SJ01", "district", "market_supervision", "default"),
    ("SJ12", "望桥市场监管所", "unit", "SJ01", "district", "market_supervision", "default"),
    ("AQ01", f"{NAME}应急管理局", "department", "GOV01", "district", "safety_supervision", "default"),
)
RENAMED, NEW_NAME = "CM11", f"{NAME}环境卫生中心"
_DUTIES = {  # group of kinds: the office that puts it right; a street's own where it is missing
    "环卫": "CM11", "市政": "CM12", "工地": "CM13", "绿化": "CM14", "供水": "WT11", "供电": "PW11", "燃气": "GS11",
    "供热": "HT11", "劳动": "RS01", "物业": "ZJ01", "环保": "HB01", "消费": "SJ11", "安全": "AQ01",
}  # fmt: skip
_POSTS = 1 << 45  # tokens of those named for duties, apart from grid workers and callers
_WORKERS = 1 << 40  # tokens of grid workers, apart from those of callers


def organisations(district: District) -> pd.DataFrame:
    """org_code, org_name, org_type, parent_org_code, level, network, schedule_code."""
    rows = list(_OFFICES)
    for number, name in enumerate(district.streets["name"], start=1):
        government = f"{name}人民政府" if name.endswith("镇") else f"{name}办事处"
        rows += [
            (f"ST{number:02d}", government, "street", "GOV01", "street", "governance_centre", "default"),
            (
                f"ZF{number:02d}",
                f"{name}综合行政执法队",
                "unit",
                f"ST{number:02d}",
                "street",
                "city_management",
                "default",
            ),
            (f"PS{number:02d}", f"{name}派出所", "unit", "PS00", "street", "public_security", "always"),
        ]
    names = ("org_code", "org_name", "org_type", "parent_org_code", "level", "network", "schedule_code")
    return pd.DataFrame(rows, columns=names)


def office_for(district: District, groups: np.ndarray, places: Places) -> np.ndarray:
    """The office whose duty a kind of this group is, at these places: the line's own, or the street's team."""
    street = district.communities["street"].to_numpy()[places.community]
    teams = np.array([f"ZF{number + 1:02d}" for number in range(len(district.streets))], dtype=object)
    duty = np.array([_DUTIES.get(group, "") for group in groups], dtype=object)
    return np.where(duty == "", teams[street], duty)


def street_office(district: District, places: Places, prefix: str) -> np.ndarray:
    """A street's own office: ST (government), ZF (enforcement), PS (police)."""
    street = district.communities["street"].to_numpy()[places.community]
    return np.array([f"{prefix}{number + 1:02d}" for number in range(len(district.streets))], dtype=object)[street]


def staff(district: District, duty_classes: Sequence[str]) -> pd.DataFrame:
    """Grid workers, and who is named in a grid for the duties of a class; some grids have nobody for some.

    staff_no, name and phone (personal, invented), grid_code, role, duty_class ('' for grid workers), valid_from,
    valid_to.
    """
    parts = [_workers(district), *(_posts(district, number, title) for number, title in enumerate(duty_classes))]
    return pd.concat(parts, ignore_index=True)


def _posts(district: District, number: int, title: str) -> pd.DataFrame:
    """The posts of one class of duties: none in one grid of seven, another seventh for each class."""
    grids = district.grid_versions
    grids = grids[grids["scheme"] == "unit"].reset_index(drop=True)
    codes = grids["grid_code"].to_numpy(dtype=object).astype(np.int64)
    grids, codes = grids[(codes + number) % 7 != 0], codes[(codes + number) % 7 != 0]
    numbers = codes % 10**7 * 10 + number
    people = person_of(numbers + _POSTS)
    return pd.DataFrame(
        {
            "staff_no": "ZG" + pd.Series((numbers % 10**9).astype(str), dtype="str").str.zfill(9).to_numpy(),
            "name": people.names,
            "phone": people.phones,
            "grid_code": grids["grid_code"].to_numpy(),
            "role": "下沉专员",
            "duty_class": title,
            "valid_from": grids["valid_from"].to_numpy(),
            "valid_to": grids["valid_to"].to_numpy(),
        }
    )


def _workers(district: District) -> pd.DataFrame:
    grids = district.grid_versions
    grids = grids[grids["scheme"] == "unit"].reset_index(drop=True)
    numbers = grids["grid_code"].to_numpy(dtype=object).astype(np.int64)
    people = person_of(numbers + _WORKERS)
    return pd.DataFrame(
        {
            "staff_no": "WG" + pd.Series((numbers % 10**9).astype(str), dtype="str"),
            "name": people.names,
            "phone": people.phones,
            "grid_code": grids["grid_code"],
            "role": np.where(numbers % 5 == 0, "专职网格长", "网格员").astype(object),
            "duty_class": "",
            "valid_from": grids["valid_from"],
            "valid_to": grids["valid_to"],
        }
    )
