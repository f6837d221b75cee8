"""The codecs of the device families."""

from __future__ import annotations

from uuid import UUID

from devices.amc import codec as amc
from devices.artnet import codec as artnet
from devices.bhaptics import codec as bhaptics
from devices.enttec import codec as enttec
from devices.evdev_rumble import codec as evdev
from devices.freed import codec as freed
from devices.http import codec as http
from devices.intiface import codec as intiface
from devices.midi import codec as midi
from devices.midi import msc
from devices.modbus import codec as modbus
from devices.motion4sim import codec as motion4sim
from devices.mqtt import codec as mqtt
from devices.openmotion import codec as openmotion
from devices.osc import codec as osc
from devices.osc import framing
from devices.pjlink import codec as pjlink
from devices.psn import codec as psn
from devices.sacn import codec as sacn
from devices.sample import codec as sample
from devices.sample.source import decode_line
from devices.shaker import codec as shaker
from devices.smc3 import codec as smc3
from devices.text import patterns, template
from devices.yaw import codec as yaw
from tests.fuzz.target import Target, pure, streamed, whole

CID = UUID(int=7)
AXES = motion4sim.read_template("<255><Axis1a><Axis1b><Axis2a><Axis2b>", 16)
HEX_AXES = motion4sim.read_template("P<Axis1a>:<Axis2a>!", 10, "hex")

# Seeds that several targets share: sources, twins and drivers begin with what their codecs begin with.
ARTNET = (
    artnet.encode(artnet.Dmx(1, bytes(range(64)), 3)),
    artnet.encode(artnet.Sync()),
    artnet.encode(artnet.Poll()),
    artnet.encode(artnet.PollReply(short_name="node", good_output=b"\x88\x00\x00\x00")),
    artnet.encode(artnet.TimeCode(1, 2, 3, 4, 1)),
)
SACN = (
    sacn.encode(sacn.Data(CID, "desk", 1, bytes(range(32)), 120, 5, 9)),
    sacn.encode(sacn.Data(CID, "desk", 1, b"", terminated=True)),
    sacn.encode(sacn.Sync(CID, 5, 1)),
    sacn.encode(sacn.Discovery(CID, "desk", (1, 2, 300))),
)
ENTTEC = (
    enttec.encode_dmx(bytes(range(24))),
    enttec.encode(enttec.Message(enttec.GET_SERIAL, bytes.fromhex("78563412"))),
    enttec.encode(enttec.Message(enttec.GET_PARAMETERS, b"\x01\x02\x09\x01\x28")),
)
FREED = (freed.encode(freed.Camera(1, 10.0, -5.0, 0.5, 1.0, 2.0, 3.0, 100, 200)),)
MODBUS = tuple(
    modbus.encode_request(modbus.Request(n, 1, function, 0, 1)) for n, function in enumerate(modbus.Function)
)
MODBUS_ANSWERS = (
    modbus.encode_response(modbus.Response(1, 1, modbus.Function.READ_INPUTS, (1,))),
    modbus.encode_response(modbus.Response(1, 1, modbus.Function.READ_HOLDING, (513,))),
    modbus.encode_response(modbus.Response(1, 1, modbus.Function.READ_INPUTS, (), 2)),
)
PSN = (
    *psn.encode_data([psn.Tracker(1, (1.0, 2.0, 3.0), (0.1, 0.2, 0.3)), psn.Tracker(9, (0.0, 0.0, 0.0))]),
    *psn.encode_info("hall", [(1, "seat"), (9, "boat")]),
)
OSC = (
    osc.encode(osc.Message("/go", "ifsb", (1, 0.5, "x", b"123"))),
    osc.encode(osc.Message("/all", "TFNI", (True, False, None, osc.IMPULSE))),
    osc.encode(
        osc.Bundle(osc.IMMEDIATELY, (osc.Message("/a", "i", (7,)), osc.Bundle(2, (osc.Message("/b"),))))
    ),
)
MIDI = (
    midi.encode(midi.Message(0x90, (60, 100), 1)),
    midi.encode(midi.Message(0xB0, (7, 64), 2)) + bytes((39, 1)),
    midi.encode(midi.Message(0xF1, (0x25,))),
    midi.encode(msc.encode_msc(msc.ShowCommand("go", "12.5", "1"))),
    midi.encode(msc.encode_msc(msc.ShowCommand("set", number=130, value=1000))),
    midi.encode(msc.encode_msc(msc.ShowCommand("timed_go", "1", timecode=(1, 2, 3, 4, 5)))),
)
MQTT = (
    mqtt.encode_connect(
        mqtt.Connect("c", will=mqtt.Publish("t/s", b"off", 1, True), user="u", password=b"p")
    ),
    mqtt.encode_connack(False, 0),
    mqtt.encode_publish(mqtt.Publish("hall/lamp", b'{"value": 0.5}', 1, False, 7)),
    mqtt.encode_publish(mqtt.Publish("hall/lamp", b"0.5")),
    mqtt.encode_publish(mqtt.Publish("hall/lamp", b"9" * 400)),
    mqtt.encode_publish(mqtt.Publish("hall/lamp", b'{"value": NaN}')),
    mqtt.encode_subscribe(3, {"hall/#": 1}),
)
PJLINK = (b"PJLINK 1 498e4a67\r", b"PJLINK 0\r%1POWR=OK\r%1ERST=000000\r", b"%1POWR=ERR3\r", b"%2INPT 31\r")
SMC3 = (
    smc3.encode_target(0, 512) + smc3.encode_target(2, 100),
    smc3.ENABLE + smc3.VERSION + smc3.STOP,
    smc3.encode_pair("limits", 1, 10, 20) + smc3.encode_word("kp", 0, 300) + smc3.encode_read("Y"),
    smc3.encode_packet(smc3.Packet(ord("v"), 1, 2)) + smc3.encode_packet(smc3.Packet(ord("Y"), 7, 0)),
)
YAW = (
    yaw.encode(yaw.Message(yaw.CHECK_IN, (50000,), "Sensorama")),
    yaw.encode(yaw.Message(yaw.START)) + yaw.encode(yaw.Message(yaw.STOP)),
    yaw.encode(yaw.Message(yaw.TILT_LIMITS, (10, 20, 30))) + yaw.encode(yaw.Message(yaw.YAW_LIMIT, (90,))),
    yaw.encode_motion(10.0, -5.0, 0.5),
    yaw.encode_announcement(yaw.Announcement("YAWDEVICE", "chair", 50020)),
    yaw.encode_report(350.0, 1.0, 0.25),
)
INTIFACE = (
    intiface.encode((intiface.Message("ServerInfo", 1, {"ServerName": "s", "MaxPingTime": 100}),)),
    intiface.encode(
        (
            intiface.Message(
                "DeviceAdded",
                0,
                {
                    "DeviceIndex": 1,
                    "DeviceName": "pad",
                    "DeviceMessages": {"ScalarCmd": [{"StepCount": 20, "ActuatorType": "Vibrate"}]},
                },
            ),
        )
    ),
    intiface.encode((intiface.Message("DeviceList", 2, {"Devices": []}),)),
    intiface.encode((intiface.Message("DeviceRemoved", 0, {"DeviceIndex": 1}),)),
    intiface.encode((intiface.Message("Error", 3, {"ErrorMessage": "no", "ErrorCode": 3}),)),
    intiface.encode((intiface.Message("RequestServerInfo", 1, {"ClientName": "c", "MessageVersion": 3}),)),
    intiface.encode((intiface.Message("RequestDeviceList", 2), intiface.Message("StopAllDevices", 3))),
    intiface.encode((intiface.vibrate(0, {0: 0.5, -1: 0.2}),)),
)
BHAPTICS = (
    bhaptics.encode_requests([bhaptics.Frame("a", "VestFront", {0: 50, 3: 100}, 90), bhaptics.TurnOff("a")]),
    bhaptics.encode_requests([bhaptics.TurnOff()]),
    bhaptics.encode_status(bhaptics.Status(("VestFront",), ("a",))),
)
HTTP = (
    http.encode_request("GET", "/go?value=1&on=true"),
    http.encode_request("POST", "/light/street", b"0.5 on"),
)
EFFECTS = (evdev.encode(evdev.Rumble(100, 200, 50)), evdev.encode(evdev.Sine(20, 1000, 50)))
OPENMOTION = tuple(
    openmotion.encode(openmotion.Motion(1.0, 2.0, 3.0, 4.0, 0.05), order) for order in ("little", "big")
)
AMC = (amc.encode_axes([512] * amc.AXES),)
SHAKES = (shaker.encode_shake(shaker.Shake(0, 0.5, 60.0, 0.1)),)
LINES = (b"GO 12\r\n", b"/fan 0.5 on\n", b"a" * 40 + b"\n\n")


def _publishes(data: bytes) -> None:
    for packet in mqtt.PacketCutter().feed(data):
        for decode in (mqtt.decode_publish, mqtt.decode_connect, mqtt.decode_subscribe, mqtt.decode_number):
            try:
                decode(packet)
            except mqtt.MqttError:
                continue


def _topics(data: bytes) -> None:
    name, _, topic = data.decode("utf-8", "replace").partition("\n")
    mqtt.check_topic(topic)
    mqtt.check_filter(name)
    mqtt.matches(name, topic)


def _shows(data: bytes) -> None:
    for message in midi.MidiParser().feed(data):
        try:
            msc.decode_msc(message)
        except midi.MidiError:
            continue


def _answers(data: bytes) -> None:
    asked = modbus.decode_request(data[:12])
    modbus.decode_response(data[12:], asked)


def _devices(data: bytes) -> None:
    for message in intiface.decode(data):
        for read in (intiface.read_device, intiface.read_devices):
            try:
                read(message.fields)
            except intiface.ButtplugError:
                continue


def _axis_template(data: bytes) -> None:
    bits = motion4sim.BITS[data[0] % len(motion4sim.BITS)] if data else 8
    form = motion4sim.FORMS[data[1] % len(motion4sim.FORMS)] if len(data) > 1 else "binary"
    made = motion4sim.read_template(data[2:].decode("utf-8", "replace"), bits, form)
    motion4sim.decode_axes(made, motion4sim.encode_axes(made, [0] * len(made.names)))


def _pattern(data: bytes) -> None:
    pattern, _, line = data.decode("utf-8", "replace").partition("\n")
    patterns.match(patterns.compile_pattern(pattern), line)


def _template(data: bytes) -> None:
    template.parse_template(data.decode("utf-8", "replace")).render(0.5, 12.25)


def _texts(data: bytes) -> None:
    pjlink.status_words(data.decode("utf-8", "replace"))


def _row(
    name: str,
    function: str,
    decode: object,
    seeds: tuple[bytes, ...],
    *allowed: type[Exception],
    **more: object,
) -> Target:
    assert callable(decode)
    covers = tuple(f"devices.{one}" for one in function.split())
    return Target(name, pure(decode), lambda: seeds, allowed or (ValueError,), covers, **more)  # type: ignore[arg-type]


def _stream(
    name: str,
    cutter: str,
    make: object,
    seeds: tuple[bytes, ...],
    *allowed: type[Exception],
    held: int = 64 << 10,
) -> Target:
    assert callable(make)
    return Target(
        name, streamed(make, "feed"), lambda: whole(*seeds), allowed, (f"devices.{cutter}.feed",), held
    )


CODECS = (
    _row("amc", "amc.codec:decode_axes", amc.decode_axes, AMC),
    _stream("amc-stream", "amc.codec:FrameCutter", amc.FrameCutter, AMC),
    _row("artnet", "artnet.codec:decode artnet.codec:is_dmx", artnet.decode, ARTNET, artnet.ArtnetError),
    _row("bhaptics-requests", "bhaptics.codec:decode_requests", bhaptics.decode_requests, BHAPTICS, bhaptics.BhapticsError),
    _row("bhaptics-status", "bhaptics.codec:decode_status", bhaptics.decode_status, BHAPTICS, bhaptics.BhapticsError),
    _row("enttec-dmx", "enttec.codec:decode_dmx", enttec.decode_dmx, (bytes(25),), enttec.EnttecError),
    _row(
        "enttec-parameters", "enttec.codec:decode_parameters", enttec.decode_parameters,
        (b"\x01\x02\x09\x01\x28",), enttec.EnttecError,
    ),
    _row("enttec-serial", "enttec.codec:decode_serial", enttec.decode_serial, (b"\x78\x56\x34\x12",), enttec.EnttecError),
    _stream("enttec-stream", "enttec.codec:MessageCutter", enttec.MessageCutter, ENTTEC),
    _row("evdev_rumble", "evdev_rumble.codec:decode", evdev.decode, EFFECTS, evdev.EffectError),
    _row("freed", "freed.codec:decode", freed.decode, FREED, freed.FreedError),
    _stream("freed-stream", "freed.codec:Splitter", freed.Splitter, FREED),
    _row("http", "http.codec:decode_request", http.decode_request, HTTP, http.HttpError),
    _row("intiface", "intiface.codec:decode", intiface.decode, INTIFACE, intiface.ButtplugError),
    _row(
        "intiface-devices", "intiface.codec:read_device intiface.codec:read_devices", _devices, INTIFACE,
        intiface.ButtplugError,
    ),
    _stream("midi-stream", "midi.codec:MidiParser", midi.MidiParser, MIDI, held=512 << 10),
    _row("midi-show", "midi.msc:decode_msc", _shows, MIDI, midi.MidiError),
    _row("modbus-request", "modbus.codec:decode_request", modbus.decode_request, MODBUS, modbus.ModbusError),
    _row(
        "modbus-response", "modbus.codec:decode_response", _answers,
        tuple(asked + answer for asked in MODBUS for answer in MODBUS_ANSWERS), modbus.ModbusError,
    ),
    _stream("modbus-stream", "modbus.codec:Framer", modbus.Framer, MODBUS + MODBUS_ANSWERS, modbus.ModbusError),
    _row(
        "motion4sim", "motion4sim.codec:decode_axes", lambda data: motion4sim.decode_axes(AXES, data),
        (motion4sim.encode_axes(AXES, range(len(AXES.names))),), motion4sim.AxisStringError,
    ),
    _stream(
        "motion4sim-stream", "motion4sim.codec:FrameCutter", lambda: motion4sim.FrameCutter(AXES),
        (motion4sim.encode_axes(AXES, range(len(AXES.names))),),
    ),
    _stream(
        "motion4sim-hex", "motion4sim.codec:FrameCutter", lambda: motion4sim.FrameCutter(HEX_AXES),
        (motion4sim.encode_axes(HEX_AXES, range(len(HEX_AXES.names))),),
    ),
    _row("motion4sim-template", "motion4sim.codec:read_template", _axis_template, (b"\x03\x00<255><Axis1a><Axis1b>",)),
    _row(
        "mqtt", "mqtt.codec:decode_publish mqtt.codec:decode_connect mqtt.codec:decode_subscribe mqtt.codec:decode_number",
        _publishes, MQTT, mqtt.MqttError,
    ),
    _row("mqtt-topic", "mqtt.codec:matches", _topics, (b"hall/+/#\nhall/lamp/1",), mqtt.MqttError),
    _stream("mqtt-stream", "mqtt.codec:PacketCutter", mqtt.PacketCutter, MQTT, mqtt.MqttError, held=256 << 10),
    *(
        _row(
            f"openmotion-{order}", "openmotion.codec:decode", lambda data, order=order: openmotion.decode(data, order),
            OPENMOTION, openmotion.OpenMotionError,
        )
        for order in ("little", "big")
    ),
    _row("osc", "osc.codec:decode", osc.decode, OSC, osc.OscError),
    _stream(
        "osc-length", "osc.framing:LengthCutter", framing.LengthCutter, tuple(framing.frame_length(one) for one in OSC),
        osc.OscError, held=256 << 10,
    ),
    _stream(
        "osc-slip", "osc.framing:SlipCutter", framing.SlipCutter, tuple(framing.frame_slip(one) for one in OSC),
        osc.OscError, held=256 << 10,
    ),
    _row("pjlink-command", "pjlink.codec:decode_command", pjlink.decode_command, (b"%1POWR 1",), pjlink.PjlinkError),
    _row("pjlink-answer", "pjlink.codec:decode_answer", pjlink.decode_answer, (b"%1POWR=OK",), pjlink.PjlinkError),
    _row(
        "pjlink-greeting", "pjlink.codec:decode_greeting pjlink.codec:is_refusal", pjlink.decode_greeting,
        (b"PJLINK 1 498e4a67",), pjlink.PjlinkError,
    ),
    _row(
        "pjlink-search", "pjlink.codec:decode_acknowledge", pjlink.decode_acknowledge, (b"%2ACKN=00:11:22:33:44:55\r",),
        pjlink.PjlinkError,
    ),
    _row("pjlink-status", "pjlink.codec:status_words", _texts, (b"012000",), pjlink.PjlinkError),
    _stream("pjlink-stream", "pjlink.codec:LineCutter", pjlink.LineCutter, PJLINK),
    _row("psn", "psn.codec:decode", psn.decode, PSN, psn.PsnError),
    _row("sacn", "sacn.codec:decode", sacn.decode, SACN, sacn.SacnError),
    _row("sample", "sample.codec:decode_level", sample.decode_level, (sample.encode_level(0.5),)),
    _row("sample-line", "sample.source:decode_line", decode_line, (b"/fan 0.5 on\n",)),
    _row("shaker", "shaker.codec:decode_shake", shaker.decode_shake, SHAKES),
    _stream("shaker-stream", "shaker.codec:FrameCutter", shaker.FrameCutter, SHAKES),
    _row("smc3", "smc3.codec:decode_packet", smc3.decode_packet, (smc3.encode_target(0, 512),), smc3.Smc3Error),
    _stream("smc3-stream", "smc3.codec:PacketCutter", smc3.PacketCutter, SMC3),
    _row("text-pattern", "text.patterns:compile_pattern", _pattern, (b"GO (\\d+)\nGO 12",), patterns.PatternError),
    _row(
        "text-template", "text.template:parse_template", _template, (b"L{percent:03d},{value:.2f}\\x0d\\n{{",),
        template.TemplateError,
    ),
    _stream("text-stream", "text.patterns:LineCutter", patterns.LineCutter, LINES),
    _row("yaw", "yaw.codec:decode", yaw.decode, YAW, yaw.YawError),
    _row("yaw-motion", "yaw.codec:decode_motion", yaw.decode_motion, YAW[3:4], yaw.YawError),
    _row("yaw-announcement", "yaw.codec:decode_announcement", yaw.decode_announcement, YAW[4:5], yaw.YawError),
    _row("yaw-report", "yaw.codec:decode_report", yaw.decode_report, YAW[5:], yaw.YawError),
)  # fmt: skip
