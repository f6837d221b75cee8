"""The one table of actions and what each controller binds to them. Pure; paths are the specification's.

A guest does five things: points, selects, grips, turns by a stick, asks for a menu. Every profile binds what it has of them, so
that nobody above knows which controller it is. Where a profile has both a button and a trigger, both select.

Sources: OpenXR 1.1, section 6.4 "Interaction Profile Paths" (simple, touch, vive, index, motion controller, pico);
XR_EXT_hand_interaction, XR_EXT_eye_gaze_interaction, XR_EXT_hp_mixed_reality_controller,
XR_HTC_vive_cosmos_controller_interaction, XR_HTC_vive_focus3_controller_interaction, XR_ML_ml2_controller_interaction,
XR_FB_touch_controller_pro, XR_META_touch_controller_plus, XR_BD_controller_interaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.xr.actions import ActionSpec, ActionTable

SIMPLE = "/interaction_profiles/khr/simple_controller"
TOUCH = "/interaction_profiles/oculus/touch_controller"
TOUCH_PRO = "/interaction_profiles/facebook/touch_controller_pro"
TOUCH_PLUS = "/interaction_profiles/meta/touch_controller_plus"
VIVE = "/interaction_profiles/htc/vive_controller"
COSMOS = "/interaction_profiles/htc/vive_cosmos_controller"
FOCUS3 = "/interaction_profiles/htc/vive_focus3_controller"
INDEX = "/interaction_profiles/valve/index_controller"
MOTION = "/interaction_profiles/microsoft/motion_controller"
REVERB = "/interaction_profiles/hp/mixed_reality_controller"
PICO4 = "/interaction_profiles/bytedance/pico4_controller"
MAGIC_LEAP = "/interaction_profiles/ml/ml2_controller"
HAND = "/interaction_profiles/ext/hand_interaction_ext"
EYES = "/interaction_profiles/ext/eye_gaze_interaction"

GRIP, AIM, SELECT, PULL, SQUEEZE, STICK, MENU, HAPTIC, GAZE = (
    "grip",
    "aim",
    "select",
    "pull",
    "squeeze",
    "stick",
    "menu",
    "haptic",
    "gaze",
)
"""Names of the actions."""

ACTIONS: tuple[ActionSpec, ...] = (
    ActionSpec(GRIP, "pose", "Hand"),
    ActionSpec(AIM, "pose", "Pointing"),
    ActionSpec(SELECT, "bool", "Choose"),
    ActionSpec(PULL, "float", "Choose, how far"),
    ActionSpec(SQUEEZE, "float", "Grip"),
    ActionSpec(STICK, "vector2", "Turn"),
    ActionSpec(MENU, "bool", "Menu"),
    ActionSpec(HAPTIC, "haptic", "Vibration"),
    ActionSpec(GAZE, "pose", "Eyes", ()),
)

Bindings = tuple[tuple[str, str], ...]

_POSES = ((GRIP, "input/grip/pose"), (AIM, "input/aim/pose"))
_BUZZ = ((HAPTIC, "output/haptic"),)

# What both hands bind, as a path below /user/hand/<side>/; then what only one of them has.
_TOUCH_BOTH: Bindings = (
    *_POSES,
    (SELECT, "input/trigger/value"),
    (PULL, "input/trigger/value"),
    (SQUEEZE, "input/squeeze/value"),
    (STICK, "input/thumbstick"),
    *_BUZZ,
)
_TOUCH_LEFT: Bindings = ((SELECT, "input/x/click"), (MENU, "input/menu/click"), (MENU, "input/y/click"))
_TOUCH_RIGHT: Bindings = ((SELECT, "input/a/click"), (MENU, "input/b/click"))

_HANDS: Mapping[str, tuple[str, Bindings, Bindings, Bindings]] = {
    SIMPLE: (
        "",
        (
            *_POSES,
            (SELECT, "input/select/click"),
            (PULL, "input/select/click"),
            (MENU, "input/menu/click"),
            *_BUZZ,
        ),
        (),
        (),
    ),
    TOUCH: ("", _TOUCH_BOTH, _TOUCH_LEFT, _TOUCH_RIGHT),
    TOUCH_PRO: ("XR_FB_touch_controller_pro", _TOUCH_BOTH, _TOUCH_LEFT, _TOUCH_RIGHT),
    TOUCH_PLUS: ("XR_META_touch_controller_plus", _TOUCH_BOTH, _TOUCH_LEFT, _TOUCH_RIGHT),
    VIVE: (
        "",
        (
            *_POSES,
            (SELECT, "input/trigger/click"),
            (PULL, "input/trigger/value"),
            (SQUEEZE, "input/squeeze/click"),
            (STICK, "input/trackpad"),
            (MENU, "input/menu/click"),
            *_BUZZ,
        ),
        (),
        (),
    ),
    COSMOS: (
        "XR_HTC_vive_cosmos_controller_interaction",
        (
            *_POSES,
            (SELECT, "input/trigger/click"),
            (PULL, "input/trigger/value"),
            (SQUEEZE, "input/squeeze/click"),
            (STICK, "input/thumbstick"),
            *_BUZZ,
        ),
        _TOUCH_LEFT,
        _TOUCH_RIGHT,
    ),
    FOCUS3: (
        "XR_HTC_vive_focus3_controller_interaction",
        (
            *_POSES,
            (SELECT, "input/trigger/click"),
            (PULL, "input/trigger/value"),
            (SQUEEZE, "input/squeeze/click"),
            (STICK, "input/thumbstick"),
            *_BUZZ,
        ),
        _TOUCH_LEFT,
        _TOUCH_RIGHT,
    ),
    INDEX: (
        "",
        (
            *_POSES,
            (SELECT, "input/trigger/click"),
            (SELECT, "input/a/click"),
            (PULL, "input/trigger/value"),
            (SQUEEZE, "input/squeeze/value"),
            (STICK, "input/thumbstick"),
            (MENU, "input/b/click"),
            *_BUZZ,
        ),
        (),
        (),
    ),
    MOTION: (
        "",
        (
            *_POSES,
            (SELECT, "input/trigger/value"),
            (PULL, "input/trigger/value"),
            (SQUEEZE, "input/squeeze/click"),
            (STICK, "input/thumbstick"),
            (MENU, "input/menu/click"),
            *_BUZZ,
        ),
        (),
        (),
    ),
    REVERB: (
        "XR_EXT_hp_mixed_reality_controller",
        (
            *_POSES,
            (SELECT, "input/trigger/value"),
            (PULL, "input/trigger/value"),
            (SQUEEZE, "input/squeeze/value"),
            (STICK, "input/thumbstick"),
            (MENU, "input/menu/click"),
            *_BUZZ,
        ),
        ((SELECT, "input/x/click"),),
        ((SELECT, "input/a/click"),),
    ),
    PICO4: (
        "XR_BD_controller_interaction",
        (
            *_POSES,
            (SELECT, "input/trigger/value"),
            (PULL, "input/trigger/value"),
            (SQUEEZE, "input/squeeze/value"),
            (STICK, "input/thumbstick"),
            *_BUZZ,
        ),
        ((SELECT, "input/x/click"), (MENU, "input/menu/click")),
        ((SELECT, "input/a/click"), (MENU, "input/b/click")),
    ),
    MAGIC_LEAP: (
        "XR_ML_ml2_controller_interaction",
        (
            *_POSES,
            (SELECT, "input/trigger/click"),
            (PULL, "input/trigger/value"),
            (SQUEEZE, "input/shoulder/click"),
            (STICK, "input/trackpad"),
            (MENU, "input/menu/click"),
            *_BUZZ,
        ),
        (),
        (),
    ),
    # A pinch is judged by its value here (`engine.xr.pointing`): each runtime's own idea of "pinched" is another one.
    HAND: (
        "XR_EXT_hand_interaction",
        (
            *_POSES,
            (PULL, "input/pinch_ext/value"),
            (PULL, "input/aim_activate_ext/value"),
            (SQUEEZE, "input/grasp_ext/value"),
        ),
        (),
        (),
    ),
}

_SIDES = ("left", "right")


def action_table(*, eye_gaze: bool = True) -> ActionTable:
    """All actions, and the bindings of every controller that is known.

    Parameters
    ----------
    eye_gaze : bool, default True
        Whether the eye tracker may be used in this venue at all. A guest's own consent is asked for besides: an eye tracker is
        only read while `InputPort.allow_eyes` says so.

    Returns
    -------
    ActionTable
        Unfiltered: what a runtime does not offer is left out by `offered`.
    """
    profiles: dict[str, tuple[str, Bindings]] = {}
    for path, (extension, both, left, right) in _HANDS.items():
        bindings = tuple(
            (action, f"/user/hand/{side}/{below}")
            for side, own in zip(_SIDES, (left, right), strict=True)
            for action, below in (*both, *own)
        )
        profiles[path] = (extension, bindings)
    actions = ACTIONS
    if eye_gaze:
        profiles[EYES] = ("XR_EXT_eye_gaze_interaction", ((GAZE, "/user/eyes_ext/input/gaze_ext/pose"),))
    else:
        actions = tuple(spec for spec in ACTIONS if spec.name != GAZE)
    return ActionTable(actions, profiles)


def extensions(table: ActionTable) -> tuple[str, ...]:
    """Extensions that some profile of a table needs, in its order: to be enabled where they are offered."""
    return tuple(dict.fromkeys(name for name, _ in table.profiles.values() if name))


def offered(table: ActionTable, enabled: Collection[str]) -> ActionTable:
    """A table without what needs an extension that an instance does not have.

    Parameters
    ----------
    table : ActionTable
    enabled : collection of str
        The instance's extensions.

    Returns
    -------
    ActionTable
        Its profiles are those that may be suggested; actions that nothing is bound to any more are gone, so that a runtime's
        binding screen does not show them.
    """
    profiles = {
        path: (extension, bindings)
        for path, (extension, bindings) in table.profiles.items()
        if not extension or extension in enabled
    }
    bound = {action for _, bindings in profiles.values() for action, _ in bindings}
    return ActionTable(tuple(spec for spec in table.actions if spec.name in bound), profiles)


def is_hand(profile: str) -> bool:
    """Whether a profile is a bare hand and no controller."""
    return profile == HAND or profile.endswith("/hand_interaction")
