"""What the operator reads on the walk, in English and Chinese; and what a loudspeaker is called aloud."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LANGUAGES = ("en", "zh")

WORDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "device": ("{name} ({api}), {channels} channels", "{name}（{api}），{channels} 个声道"),
        "microphone": (
            "{device}; microphone: {name} channel {channel}",
            "{device}；话筒：{name} 声道 {channel}",
        ),
        "practice": (
            "a simulated room with {count} loudspeakers on {channels} channels",
            "模拟房间：{count} 个扬声器，{channels} 个声道",
        ),
        "clipped": (
            "the microphone's input clips; nothing more is played. Turn its gain down, or play more quietly (--level), and begin again",
            "话筒输入过载，已停止播放。请调低话筒增益，或用 --level 降低音量，然后重新开始",
        ),
        "promise": (
            "Nothing will be louder than {level:g} dBFS. Ctrl-C stops at once.",
            "所有声音都不超过 {level:g} dBFS。按 Ctrl-C 立即停止。",
        ),
        "go": ("Is the room quiet, and nobody close to a loudspeaker?", "房间安静吗？没有人靠近扬声器吧？"),
        "noise": (
            "Noise of the room: {rms:.0f} dBFS (peak {peak:.0f}).",
            "房间噪声：{rms:.0f} dBFS（峰值 {peak:.0f}）。",
        ),
        "hum": ("It hums at {hum:g} Hz: look for a ground loop.", "有 {hum:g} Hz 的嗡声：请检查接地回路。"),
        "noisy": (
            "That is much. Switch off what makes noise, or turn the microphone's gain down.",
            "噪声偏大。请关掉噪声源，或调低话筒增益。",
        ),
        "steady": ("The device plays without a click.", "设备播放正常，没有爆音。"),
        "unsteady_unknown": (
            "Whether the device clicks could not be heard: the tone was lost in the noise.",
            "无法判断设备是否有爆音：测试音被噪声淹没。",
        ),
        "clicks": (
            "{count} clicks in two seconds, the first at {at:.2f} s: take a larger buffer, close other programs.",
            "两秒内有 {count} 次爆音，第一次在 {at:.2f} 秒：请加大缓冲，关闭其他程序。",
        ),
        "slips": (
            "The device lost or repeated samples {count} times ({samples:+.1f} at {at:.2f} s). Delays measured now mean nothing.",
            "设备丢失或重复了采样 {count} 次（{at:.2f} 秒处 {samples:+.1f} 个）。此时测得的延时没有意义。",
        ),
        "ear_how": (
            "Each channel plays in turn. Say which loudspeaker you heard: Enter for the one that is expected, its name, 0 for none, "
            "r to hear it again, q to leave the rest as it is.",
            "各声道依次播放。请回答听到的是哪个扬声器：回车＝与预期相同，或输入名称，0＝没有声音，r＝再听一次，q＝其余保持不变。",
        ),
        "ear_ask": (
            "channel {channel}: expected {name} ({spoken}). Heard? ",
            "声道 {channel}：预期 {name}（{spoken}）。听到的是？",
        ),
        "ear_free": (
            "Not found yet: {missing}. The channels that no loudspeaker has are tried now.",
            "尚未找到：{missing}。现在试播未使用的声道。",
        ),
        "ear_unknown": (
            "There is no loudspeaker {answer}; there are {names}.",
            "没有扬声器 {answer}；可选：{names}。",
        ),
        "ear_twice": (
            "{name} was heard on channel {other} already; channel {channel} is noted as none.",
            "{name} 已在声道 {other} 听到；声道 {channel} 记为无。",
        ),
        "mic_how": (
            "Hold the microphone a hand's breadth from each loudspeaker that is asked for.",
            "请按提示把话筒放在扬声器前约一掌宽处。",
        ),
        "mic_middle": (
            "First into the middle of the room, then Enter: ",
            "先把话筒放在房间中央，然后回车：",
        ),
        "mic_ask": (
            "microphone to {name} ({spoken}), then Enter (s leaves it out, q the rest): ",
            "把话筒移到 {name}（{spoken}），然后回车（s 跳过，q 其余不测）：",
        ),
        "mic_found": ("  {name}: channel {channel}", "  {name}：声道 {channel}"),
        "mic_unclear": (
            "  {name}: no channel stands out. Hold the microphone closer, or look whether it plays at all.",
            "  {name}：没有明显的声道。请再靠近些，或检查扬声器是否发声。",
        ),
        "place": (
            "Now put the microphone where the guest's head will be, pointing up, and leave it there. Then Enter: ",
            "现在把话筒放到观众头部的位置，朝上，不再移动。然后回车：",
        ),
        "measured": (
            "  {name:10} channel {channel:3d}  {arrival:8.2f} ms  {level:7.1f} dB  {way:9}  {clear:4.0f} dB over the noise",
            "  {name:10} 声道 {channel:3d}  {arrival:8.2f} 毫秒  {level:7.1f} dB  {way}  高于噪声 {clear:.0f} dB",
        ),
        "unheard": ("  {name:10} channel {channel:3d}  not heard", "  {name:10} 声道 {channel:3d}  没有声音"),
        "right": ("right", "正相"),
        "inverted": ("inverted", "反相"),
        "unclear": ("unclear", "不明"),
        "silent": (
            "{name} was not heard: amplifier, cable, channel {channel}?",
            "没有听到 {name}：请检查功放、线缆、声道 {channel}。",
        ),
        "faint": (
            "{name} is {value:.0f} dB quieter than the others: look at its amplifier before you correct the others to it.",
            "{name} 比其他扬声器低 {value:.0f} dB：请先检查功放，再校正其他扬声器。",
        ),
        "sign": (
            "{name}: which way round it is wired is not clear; what the rig says stays.",
            "{name}：无法判断极性，保留设备文件中的设置。",
        ),
        "late_low": (
            "{name} comes {value_ms:.1f} ms after the others' low notes. Nobody is delayed for it; shorten its processing.",
            "{name} 比其他扬声器的低频晚 {value_ms:.1f} 毫秒。不为它延迟其他扬声器；请缩短它的处理延时。",
        ),
        "low_quiet": (
            "{name} lacks {value:.1f} dB to be 10 dB above the others in its band (ITU-R BS.775): turn its amplifier up.",
            "{name} 距离高出其他扬声器 10 dB（ITU-R BS.775）还差 {value:.1f} dB：请调高它的功放。",
        ),
        "low_loud": (
            "{name} is {value:.1f} dB too loud: turn its amplifier down.",
            "{name} 高了 {value:.1f} dB：请调低它的功放。",
        ),
        "proposed": ("To make them alike:", "建议的校正："),
        "row": (
            "  {name:10} channel {channel:3d}  delay {delay:7.3f} ms  gain {gain:5.1f} dB{inverted}",
            "  {name:10} 声道 {channel:3d}  延时 {delay:7.3f} 毫秒  增益 {gain:5.1f} dB{inverted}",
        ),
        "row_inverted": ("  inverted", "  反相"),
        "left": (
            "With it: arrivals within {spread_us:.1f} us, levels within {spread_db:.1f} dB.",
            "校正后：到达时间相差 {spread_us:.1f} 微秒以内，电平相差 {spread_db:.1f} dB 以内。",
        ),
        "before": (
            "Without: arrivals within {spread_us:.1f} us, levels within {spread_db:.1f} dB.",
            "校正前：到达时间相差 {spread_us:.1f} 微秒以内，电平相差 {spread_db:.1f} dB 以内。",
        ),
        "same": ("The rig says all this already.", "设备文件中已经如此。"),
        "written": (
            "{path}: written; everything else in it is as it was.",
            "{path}：已写入，其余内容未改动。",
        ),
        "how_to_write": (
            "Nothing was written; --write puts it into {path}.",
            "未写入；加 --write 可写入 {path}。",
        ),
        "playing": ("  channel {channel:3d}  {name}  {spoken}", "  声道 {channel:3d}  {name}  {spoken}"),
    }
)

_SIDES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "left ear": ("left ear", "左耳"),
        "right ear": ("right ear", "右耳"),
        "shaker": ("shaker", "振动器"),
    }
)


def say(key: str, language: str, **values: object) -> str:
    """A sentence in a language.

    Raises
    ------
    KeyError
        When there is no such sentence.
    """
    if "name" in values:
        values["name"] = shown(str(values["name"]), language)
    return WORDS[key][LANGUAGES.index(language)].format(**values)


def shown(name: str, language: str) -> str:
    """A loudspeaker's name as it is read: its label, which is the same everywhere; ears and shakers have words."""
    return _SIDES[name][LANGUAGES.index(language)] if name in _SIDES else name


def spoken(
    label: str, language: str, place_deg: tuple[float, float] | None = None, *, lfe: bool = False
) -> str:
    """What a loudspeaker is called aloud: ``front left``, ``上方右后``.

    Parameters
    ----------
    label : str
    language : str
    place_deg : (azimuth, elevation) or None
        Where it stands; None: the label itself is said.
    lfe : bool
    """
    zh = language == "zh"
    if label in _SIDES:
        return _SIDES[label][1 if zh else 0]
    if lfe:
        return "低音" if zh else "subwoofer"
    if place_deg is None:
        return label
    azimuth, elevation = (place_deg[0] + 180.0) % 360.0 - 180.0, place_deg[1]
    if elevation > 75:
        return "正上方" if zh else "top"
    away = abs(azimuth)
    side = 0 if away < 5 or away > 175 else 1 if azimuth > 0 else 2
    depth = 0 if away <= 60 else 1 if away <= 105 else 2
    layer = 1 if elevation > 15 else 2 if elevation < -15 else 0
    if zh:
        where = (("正前", "左前", "右前"), ("侧", "左侧", "右侧"), ("正后", "左后", "右后"))[depth][side]
        return ("", "上方", "下方")[layer] + where
    where = ("front", "side", "back")[depth] + (" centre", " left", " right")[side]
    return ("", "upper ", "lower ")[layer] + where
