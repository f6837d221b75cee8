"""Everything a certificate can state, by name: unit and titles. A profile limits any of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that is bounded over every path.

    Attributes
    ----------
    name : str
        Short and stable: it is written in profiles and certificates.
    unit : str
        Empty for a share or a count.
    title, title_zh : str
        For people.
    """

    name: str
    unit: str
    title: str
    title_zh: str


_AXES = (("x", "fore and aft", "前后"), ("y", "sideways", "左右"), ("z", "up and down", "上下"))

#: ISO 2631-1 axes: x forward, y left, z up, at the guest.
MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        *(Measure(f"vibration_{a}", "m/s2", f"weighted r.m.s. acceleration, {en}", f"计权均方根加速度（{zh}）") for a, en, zh in _AXES),
        *(Measure(f"vdv_{a}", "m/s^1.75", f"vibration dose value, {en}", f"振动剂量值（{zh}）") for a, en, zh in _AXES),
        *(Measure(f"mtvv_{a}", "m/s2", f"highest running r.m.s. (1 s), {en}", f"最大瞬态振动值（1 秒，{zh}）") for a, en, zh in _AXES),
        Measure("msdv_z", "m/s^1.5", "motion sickness dose value", "晕动剂量值"),
        Measure("sickness", "%", "guests expected to be sick", "预计晕动呕吐比例"),
        *(Measure(f"acceleration_{a}", "g", f"highest acceleration, {en}", f"最大加速度（{zh}）") for a, en, zh in _AXES),
        Measure("onset", "g/s", "steepest rise of acceleration", "加速度最大变化率"),
        Measure("turn_rate", "deg/s", "fastest turn", "最大角速度"),
        Measure("tilt", "deg", "steepest tilt", "最大倾角"),
        Measure("envelope", "", "share of the site's acceleration envelope", "占场地加速度包络的比例"),
        Measure("flashes", "1/s", "flashes in any second", "任意一秒内闪光次数"),
        Measure("red_flashes", "1/s", "red flashes in any second", "任意一秒内红色闪光次数"),
        Measure("loudness_short", "LUFS", "loudest 3 s", "最大短时响度（3 秒）"),
        Measure("loudness_momentary", "LUFS", "loudest 0.4 s", "最大瞬时响度（0.4 秒）"),
        Measure("true_peak", "dBTP", "true peak", "真峰值"),
        Measure("noise_dose", "%", "share of a day's noise dose", "占每日噪声剂量的比例"),
        Measure("duration", "s", "longest show", "最长演出时间"),
        Measure("scent_on", "s", "scent, at full strength", "气味（折合全强度）"),
        Measure("fog_on", "s", "fog, at full strength", "雾（折合全强度）"),
        Measure("water_on", "s", "water, at full strength", "喷水（折合全强度）"),
        Measure("water_ml", "ml", "water", "喷水量"),
        Measure("haptic_on", "s", "haptics, at full strength", "触觉（折合全强度）"),
        Measure("wind_on", "s", "wind, at full strength", "风（折合全强度）"),
    )
}  # fmt: skip

LEVELS = ("LUFS", "dBTP")
"""Units of measures that may be below 0."""
