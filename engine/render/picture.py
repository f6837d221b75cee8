"""The picture of one scene: graph, shaders and their inputs. Knows no package, no transport, no clock.

Design remarks
--------------
Light is baked into the vertices and moved by three gains, the scene is drawn once forward, and every shader
maps tones itself, so there is no post-processing and both eyes of a headset see the same world. Water is a
mirrored twin of the scene under a translucent surface. All inputs live in arrays that the shaders point at
(PTA): changing a number costs no new render state, where setting shader inputs would recompose the state of
every node each frame.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from panda3d.core import (
    AnimControl,
    AnimControlCollection,
    Camera,
    ColorBlendAttrib,
    CullFaceAttrib,
    GeomNode,
    LMatrix4,
    LVecBase3f,
    NodePath,
    OmniBoundingVolume,
    PerspectiveLens,
    PTA_float,
    Shader,
    Texture,
    TransparencyAttrib,
    auto_bind,
)

from engine.render import meshes, sidecar
from engine.render.eye import AT_REST, Matrix, NodePose, Pose
from engine.render.look import ParticleLook, SceneLook, direction
from engine.render.models import LoadedModel
from engine.render.output import Output
from engine.render.shading import load_shader, noise_texture
from engine.render.shadow import REACH_M, MoonShadow
from engine.render.uniforms import Uniforms

NEAR_M = 0.06
FAR_M = 1200.0
_STREAK_FOCUS_M = 13.0
# The middle of the shadow map lies before the guest, where shadows are seen.
SHADOW_AHEAD_M = REACH_M * 0.6

# Order in Panda's "fixed" bin, after everything opaque.
_SKY, _WATER, _MIST, _PARTICLES, _HALOS = 10, 20, 30, 40, 50


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame's worth of numbers.

    Attributes
    ----------
    at_s : float
        Position in the scene, seconds.
    look : SceneLook
    path : Pose
        Vehicle on its path.
    motion : Pose
        Shown motion on top (heave, roll, pitch).
    speed_mps : float
        Of the vehicle through the water; the bow's rings grow with it.
    nodes : mapping of str to NodePose
        Animated nodes.
    clips : sequence of (clip name, seconds, loop)
        glTF animation clips and where they stand.
    videos : mapping of str to Texture
        Nodes that a video covers.
    """

    at_s: float
    look: SceneLook
    path: Pose = AT_REST
    motion: Pose = AT_REST
    speed_mps: float = 0.0
    nodes: Mapping[str, NodePose] = field(default_factory=dict)
    clips: Sequence[tuple[str, float, bool]] = ()
    videos: Mapping[str, Texture] = field(default_factory=dict)


@dataclass(slots=True)
class _SceneGraph:
    """What belongs to one loaded scene."""

    top: NodePath
    world: NodePath
    twin: NodePath
    vehicle: NodePath
    lamps: sidecar.Sidecar
    lamp_places: npt.NDArray[np.float64]
    rests: dict[str, list[tuple[NodePath, LMatrix4]]]
    particles: list[tuple[ParticleLook, NodePath, PTA_float]]
    clips: dict[str, list[AnimControl]]
    moved: set[str]
    videos: dict[str, Texture]


class Picture:
    """A scene graph with a camera, drawn by whoever owns the output.

    Parameters
    ----------
    grain : float
        0..1 albedo noise in the shader; 0 in tests.
    dither : bool
        Half a code value of noise against bands; off in tests.
    twin : bool
        Draw the mirrored scene in the water.
    """

    def __init__(self, *, grain: float, dither: bool, twin: bool) -> None:
        self._twin = twin
        self.root = NodePath("picture")
        self.lens = PerspectiveLens()
        self.lens.set_near_far(NEAR_M, FAR_M)
        self.camera = self.root.attach_new_node(Camera("eye", self.lens))
        self._uniforms = Uniforms(self.root)
        self._uniforms.number("u_dither", 1.0 if dither else 0.0)
        self._uniforms.number("u_grain", grain)
        self.root.set_shader_input("u_noise", noise_texture())
        self.root.set_shader_input("u_mirror", 0.0)
        self.root.set_shader_input("u_baked", 0.0)
        self.root.set_shader_input("u_stars", 0.0)
        self.root.set_shader_input("u_screen", 0.0)
        self.root.set_shader_input("u_shadow_map", noise_texture())
        self.root.set_shader_input("u_shadow_matrix", LMatrix4.ident_mat())
        self.root.set_shader_input("u_right_from_left", LMatrix4.ident_mat())
        self.root.set_shader_input("u_both_eyes", 0.0)
        self._shaders: dict[str, Shader] = {
            "world": load_shader("world.vert", "world.frag", eyes=True),
            "sky": load_shader("sky.vert", "sky.frag", eyes=True),
            "water": load_shader("water.vert", "water.frag", eyes=True),
            "glow": load_shader("glow.vert", "glow.frag", eyes=True),
            "mist": load_shader("mist.vert", "mist.frag", eyes=True),
            "particle": load_shader("particle.vert", "particle.frag", eyes=True),
        }
        self._scenes: dict[int, _SceneGraph] = {}
        self._shown = -1
        self._shadow: MoonShadow | None = None
        self._T_world_vehicle: Matrix = np.eye(4)
        self._T_world_head: Matrix = np.eye(4)
        self._sky = self._make_sky()
        self._water = self._make_water()
        self._stars: dict[int, NodePath] = {}

    def cast_shadows(self, output: Output, *, side_px: int) -> None:
        """Make a moon shadow map, for the scenes that ask for it."""
        self._shadow = MoonShadow(output, self.root, side_px=side_px)

    @property
    def shadow(self) -> MoonShadow | None:
        """The shadow map, once made."""
        return self._shadow

    @property
    def T_world_vehicle(self) -> Matrix:
        """Vehicle with its shown motion, as of the last shot."""
        return self._T_world_vehicle

    @property
    def T_world_head(self) -> Matrix:
        """Head, as of the last shot."""
        return self._T_world_head

    @property
    def vehicle(self) -> NodePath | None:
        """The shown scene's vehicle node; panels hang on it."""
        scene = self._scenes.get(self._shown)
        return scene.vehicle if scene else None

    def set_view(self, *, fov_deg: float, width_px: int, height_px: int, horizon_ratio: float = 0.5) -> None:
        """Horizontal angle and shape of the picture.

        Parameters
        ----------
        horizon_ratio : float
            Where the level horizon lies, from the top; more than 0.5 shifts the lens, without tilting
            verticals.
        """
        self.lens.set_film_size(1.0, height_px / width_px)
        self.lens.set_fov(fov_deg)
        self.lens.set_film_offset(0.0, (horizon_ratio - 0.5) * height_px / width_px)
        self._uniforms.number("u_pixel_rad", np.radians(fov_deg) / width_px)

    def set_pixel_angle(self, pixel_rad: float) -> None:
        """Angle of one pixel, radians, below which stars and sparks would crawl; for those who draw with a lens of their own."""
        self._uniforms.number("u_pixel_rad", pixel_rad)

    def has_scene(self, number: int) -> bool:
        """Whether this scene's nodes exist."""
        return number in self._scenes

    def add_scene(
        self, number: int, models: Sequence[LoadedModel], vehicle: LoadedModel | None, look: SceneLook
    ) -> None:
        """Build the nodes of a scene, hidden. Main thread; the models are loaded."""
        top = NodePath(f"scene_{number}")
        world = top.attach_new_node("world")
        world.set_shader(self._shaders["world"])
        for model in models:
            self._attach(model, world)
        boat = world.attach_new_node("vehicle")
        if vehicle is not None:
            self._attach(vehicle, boat)
        twin = top.attach_new_node("twin")
        if self._twin and look.water is not None:
            world.instance_to(twin)
            twin.set_shader_input("u_mirror", 1.0)
            twin.set_attrib(CullFaceAttrib.make(CullFaceAttrib.M_cull_counter_clockwise))
        lamps = sidecar.joined([model.sidecar for model in models])
        self._add_halos(top, lamps)
        self._add_mist(top, lamps)
        particles = [self._add_particles(top, item, order) for order, item in enumerate(look.particles)]
        places = np.array([lamp.at for lamp in lamps.lamps], dtype=np.float64).reshape(-1, 3)
        clips = _bind_clips(world)
        self._scenes[number] = _SceneGraph(
            top, world, twin, boat, lamps, places, {}, particles, clips, set(), {}
        )

    def prepare(self, number: int, output: Output) -> None:
        """Send a scene's vertices and shaders to the graphics card with the next frame, before it is shown."""
        self._scenes[number].top.prepare_scene(output.buffer.get_gsg())

    def drop_scene(self, number: int) -> None:
        """Forget a scene's nodes."""
        scene = self._scenes.pop(number, None)
        if scene is not None:
            scene.top.remove_node()
            if self._shown == number:
                self._shown = -1

    def show(self, number: int) -> None:
        """Show one scene, hide the others; -1 shows none."""
        if number == self._shown:
            return
        if self._shown in self._scenes:
            _restore(self._scenes[self._shown])  # the vehicle is one node for all scenes
            self._apply_videos({}, self._scenes[self._shown])
            self._scenes[self._shown].top.detach_node()
        self._shown = number
        if number in self._scenes:
            self._scenes[number].top.reparent_to(self.root)

    def _attach(self, model: LoadedModel, parent: NodePath) -> None:
        path = parent.attach_new_node(model.path.stem)
        path.node().add_child(model.root)  # one copy of the boat serves every scene
        path.set_shader_input("u_baked", 1.0 if model.baked else 0.0)

    # ---- scene furniture

    def _make_sky(self) -> NodePath:
        corners = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], dtype=np.float32)
        one = [(0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5), (0, 4, 5), (0, 5, 1)]
        two = [(2, 3, 7), (2, 7, 6), (0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3)]
        index = np.array([*one, *two], dtype=np.uint32).reshape(-1)
        node = GeomNode("sky")
        node.add_geom(meshes.make_geom({"vertex": corners}, index))
        path = self._furniture(self.root, node, "sky", _SKY)
        path.set_two_sided(True)
        path.set_depth_write(False)
        return path

    def _make_water(self) -> NodePath:
        # Rings that grow outwards: fine triangles are not needed, the shader works per fragment, but one huge
        # quad loses depth precision at its edges on some drivers.
        radii = np.array([0.0, 4.0, 16.0, 60.0, 200.0, 700.0])
        angles = np.linspace(0.0, 2.0 * np.pi, 25)[:-1]
        ring = np.stack([np.cos(angles), np.sin(angles), np.zeros_like(angles)], axis=1)
        vertex = np.concatenate([ring * radius for radius in radii]).astype(np.float32)
        index: list[int] = []
        for band in range(len(radii) - 1):
            for step in range(24):
                a, b = band * 24 + step, band * 24 + (step + 1) % 24
                index += [a, a + 24, b + 24, a, b + 24, b]
        node = GeomNode("water")
        node.add_geom(meshes.make_geom({"vertex": vertex}, np.array(index, dtype=np.uint32)))
        path = self._furniture(self.root, node, "water", _WATER)
        path.set_two_sided(True)
        path.set_depth_write(False)
        _blend(path, ColorBlendAttrib.O_one, ColorBlendAttrib.O_one_minus_incoming_alpha)
        return path

    def _furniture(self, parent: NodePath, node: GeomNode, shader: str, order: int) -> NodePath:
        node.set_bounds(OmniBoundingVolume())
        node.set_final(True)
        path = parent.attach_new_node(node)
        path.set_shader(self._shaders[shader])
        path.set_bin("fixed", order)
        return path

    def _star_field(self, count: int) -> NodePath:
        """Stars of a fixed seed; the first n of one sky, so that two scenes share their constellations."""
        rng = np.random.default_rng(11)
        azimuth = rng.uniform(0.0, 360.0, 4000)
        elevation = np.degrees(np.arcsin(rng.uniform(0.03, 0.98, 4000)))
        size = 0.0013 * rng.lognormal(0.0, 0.25, 4000)
        strength = np.clip(rng.lognormal(-0.85, 0.7, 4000), 0.08, 1.0)
        tint = rng.uniform(0.0, 1.0, 4000)
        number = min(count, 4000)
        centres = np.array(
            [direction(a, e) for a, e in zip(azimuth[:number], elevation[:number], strict=True)],
            dtype=np.float32,
        )
        colors = np.empty((number, 4), dtype=np.uint8)
        colors[:, 0] = 205 + 50 * tint[:number]
        colors[:, 1] = 214 + 20 * tint[:number]
        colors[:, 2] = 255 - 45 * tint[:number]
        colors[:, 3] = 255
        glow = np.stack([size, np.zeros(4000), tint, strength], axis=1)[:number]
        node = meshes.make_quads(centres.reshape(-1, 3), glow.astype(np.float32), colors, name="stars")
        path = self._furniture(self.root, node, "glow", _SKY + 1)
        path.set_shader_input("u_stars", 1.0)
        path.set_depth_write(False)
        path.set_two_sided(True)
        _blend(path, ColorBlendAttrib.O_one_minus_fbuffer_color, ColorBlendAttrib.O_one)
        return path

    def _add_halos(self, top: NodePath, lamps: sidecar.Sidecar) -> None:
        if not lamps.lamps:
            return
        centres = np.array([lamp.at for lamp in lamps.lamps], dtype=np.float32)
        glow = np.array(
            [(4.0 * max(lamp.radius_m, 0.05), lamp.group, lamp.phase, 0.42) for lamp in lamps.lamps],
            dtype=np.float32,
        )
        colors = np.array([[*_display(lamp.color), 255] for lamp in lamps.lamps], dtype=np.uint8)
        path = self._furniture(top, meshes.make_quads(centres, glow, colors, name="halos"), "glow", _HALOS)
        path.set_depth_write(False)
        path.set_two_sided(True)
        _blend(path, ColorBlendAttrib.O_one_minus_fbuffer_color, ColorBlendAttrib.O_one)

    def _add_mist(self, top: NodePath, lamps: sidecar.Sidecar) -> None:
        if not lamps.mist:
            return
        centres = np.array([card.at for card in lamps.mist], dtype=np.float32)
        phases = np.random.default_rng(5).random(len(centres))
        glow = np.array(
            [
                (card.width_m, card.height_m, phase, 0.8)
                for card, phase in zip(lamps.mist, phases, strict=True)
            ],
            dtype=np.float32,
        )
        corners = ((-1, 0), (1, 0), (1, 1), (-1, 1))
        path = self._furniture(
            top, meshes.make_quads(centres, glow, corners=corners, name="mist"), "mist", _MIST
        )
        path.set_depth_write(False)
        path.set_two_sided(True)
        path.set_transparency(TransparencyAttrib.M_alpha)

    def _add_particles(
        self, top: NodePath, item: ParticleLook, order: int
    ) -> tuple[ParticleLook, NodePath, PTA_float]:
        seeds = np.random.default_rng(100 + order).random((max(item.count, 1), 7)).astype(np.float32)
        node = meshes.make_quads(seeds[:, :3], seeds[:, 3:], name=f"particles_{item.kind.name}")
        path = self._furniture(top, node, "particle", _PARTICLES)
        path.set_depth_write(False)
        path.set_two_sided(True)
        _blend(path, ColorBlendAttrib.O_one, ColorBlendAttrib.O_one_minus_incoming_alpha)
        gain = PTA_float([item.gain])
        path.set_shader_input("u_kind", int(item.kind))
        path.set_shader_input("u_centre", LVecBase3f(*item.at))
        path.set_shader_input("u_size", LVecBase3f(*item.size))
        path.set_shader_input("u_rate", item.rate)
        path.set_shader_input("u_tint", LVecBase3f(*item.color))
        path.set_shader_input("u_gain", gain)
        return item, path, gain

    # ---- one frame

    def show_nothing(self) -> None:
        """Black, until the next shot."""
        self.show(-1)
        self.root.hide()

    def look_from(self, T_vehicle_head: Matrix) -> None:
        """Put the head where it will be; after `apply`, as late as a tracker allows."""
        self._T_world_head = self._T_world_vehicle @ T_vehicle_head
        self.camera.set_mat(panda_matrix(self._T_world_head))
        self._uniforms.vec3("u_head", self._T_world_head[:3, 3])

    def apply(self, shot: Shot) -> None:
        """Bring graph and inputs to one frame, all but the head (`look_from`). Same shot, same picture."""
        self.root.show()
        scene = self._scenes.get(self._shown)
        look = shot.look
        self._T_world_vehicle = shot.path.matrix() @ shot.motion.matrix()
        u = self._uniforms
        u.number("u_time_s", shot.at_s)
        u.vec3("u_moon_dir", look.sky.moon_direction)
        u.vec3("u_moon", look.moonlight)
        u.vec3("u_sky_light", look.ambient_sky)
        u.vec3("u_ground_light", look.ambient_ground)
        u.vec4("u_fog", look.fog.density, look.fog.falloff, look.fog.base_m, 0.16)
        u.vec3("u_fog_warm", look.fog.warm)
        u.vec3("u_fog_cool", look.fog.cool)
        u.number("u_exposure", look.exposure)
        u.number("u_mist", 1.0)
        u.vec3("u_zenith", look.sky.zenith)
        u.vec3("u_horizon", look.sky.horizon)
        u.vec3("u_glow", look.sky.glow)
        u.number("u_clouds", look.sky.clouds)
        u.vec4("u_moon_disc", *look.sky.moon_color, float(np.cos(np.radians(look.sky.moon_size_deg / 2.0))))
        for name, gain in zip(("u_gain_a", "u_gain_b", "u_gain_c"), look.gains, strict=True):
            u.vec3(name, gain)
        self._apply_water(shot, scene)
        self._apply_stars(look.sky.stars)
        if scene is None:
            return
        scene.vehicle.set_mat(panda_matrix(self._T_world_vehicle))
        self._apply_lights(shot, scene)
        self._apply_shadow(shot, scene)
        self._apply_lamps(shot, scene)
        self._apply_nodes(shot, scene)
        self._apply_clips(shot, scene)
        self._apply_videos(shot.videos, scene)
        for (_item, path, gain), now in zip(scene.particles, look.particles, strict=True):
            gain[0] = now.gain
            if now.gain > 0.002:
                path.show()
            else:
                path.hide()

    def _apply_water(self, shot: Shot, scene: _SceneGraph | None) -> None:
        water = shot.look.water
        u = self._uniforms
        u.number("u_has_water", 1.0 if water else 0.0)
        u.number("u_wet", 1.0 if water else 0.0)
        if water is None:
            self._water.hide()
            u.vec4("u_water", -1000.0, 0.0, 0.0, 0.0)
            return
        self._water.show()
        height = water.height_m
        u.vec4("u_water", height, water.ripple, *water.flow_mps)
        u.vec3("u_water_color", water.color)
        bow = shot.path.matrix() @ np.array([0.0, 2.2, 0.0, 1.0])
        u.vec3("u_bow", (float(bow[0]), float(bow[1]), min(0.25 + 0.6 * shot.speed_mps, 1.0)))
        if scene is not None:
            scene.twin.set_pos(0.0, 0.0, 2.0 * height)
            scene.twin.set_scale(1.0, 1.0, -1.0)

    def _apply_stars(self, count: int) -> None:
        if count not in self._stars:
            self._stars[count] = self._star_field(count)
        for number, path in self._stars.items():
            if number == count:
                path.show()
            else:
                path.hide()

    def _apply_lights(self, shot: Shot, scene: _SceneGraph) -> None:
        u = self._uniforms
        lights = shot.look.lights
        u.count("u_light_count", len(lights))
        for number, light in enumerate(lights):
            at = np.array([*light.at, 1.0])
            if light.node:
                at = self.node_matrix(light.node) @ at
            u.row("u_light_at", number, float(at[0]), float(at[1]), float(at[2]), light.radius_m)
            r, g, b = (light.intensity * c for c in light.color)
            u.row("u_light_color", number, r, g, b, light.range_m)

    def _apply_lamps(self, shot: Shot, scene: _SceneGraph) -> None:
        u = self._uniforms
        # Streaks lie ahead: lamps are ranked from a point before the bow, which moves with the vehicle, not
        # the head.
        ahead = self._T_world_vehicle @ np.array([0.0, _STREAK_FOCUS_M, 0.0, 1.0])
        chosen, weights = sidecar.nearest_lamps(
            scene.lamp_places, (float(ahead[0]), float(ahead[1]), float(ahead[2]) + 2.0)
        )
        powers = [min(max(gain), 1.4) for gain in shot.look.gains]
        for row, (number, weight) in enumerate(zip(chosen, weights, strict=True)):
            lamp = scene.lamps.lamps[int(number)]
            u.row("u_lamp_at", row, *lamp.at, lamp.radius_m)
            u.row("u_lamp_color", row, *lamp.color, float(weight) * powers[min(lamp.group, 2)])
        u.count("u_lamp_count", len(chosen))

    def _apply_nodes(self, shot: Shot, scene: _SceneGraph) -> None:
        # What no track moves any more goes back to where it was modelled: a frame knows nothing of the one before.
        _restore(scene, keep=shot.nodes)
        for name, pose in shot.nodes.items():
            turned = Pose(
                pose.x_m, pose.y_m, pose.z_m, pose.heading_deg, pose.pitch_deg, pose.roll_deg
            ).matrix()
            turned[:3, :3] *= pose.scale
            for path, rest in self._rest(scene, name):
                path.set_mat(panda_matrix(_numpy_matrix(rest) @ turned))
            scene.moved.add(name)

    def _apply_shadow(self, shot: Shot, scene: _SceneGraph) -> None:
        if self._shadow is None:
            return
        wanted = shot.look.shadows and shot.look.sky.moon_direction[2] > 0.05
        self._uniforms.number("u_shadow_on", 1.0 if wanted else 0.0)
        if wanted:
            ahead = self._T_world_vehicle @ np.array([0.0, SHADOW_AHEAD_M, 0.0, 1.0])
            self._shadow.follow(scene.world, shot.look.sky.moon_direction, ahead[:3])
        else:
            self._shadow.rest()

    def _apply_clips(self, shot: Shot, scene: _SceneGraph) -> None:
        # A clip that plays no more stands at its beginning, or the picture would depend on what was shown before.
        for controls in scene.clips.values():
            for control in controls:
                control.pose(0)
        for name, seconds, loop in shot.clips:
            for control in scene.clips.get(name, ()):
                frame = seconds * control.get_frame_rate()
                last = control.get_num_frames() - 1
                control.pose(frame % last if loop and last > 0 else min(frame, last))

    def _apply_videos(self, videos: Mapping[str, Texture], scene: _SceneGraph) -> None:
        for name in [name for name, texture in scene.videos.items() if videos.get(name) is not texture]:
            del scene.videos[name]
            for path, _rest in self._rest(scene, name):
                path.clear_texture()
                path.clear_shader_input("u_screen")
        for name, texture in videos.items():
            if name not in scene.videos:
                scene.videos[name] = texture
                for path, _rest in self._rest(scene, name):
                    path.set_texture(texture, 1)
                    path.set_shader_input("u_screen", 1.0)

    def _rest(self, scene: _SceneGraph, name: str) -> list[tuple[NodePath, LMatrix4]]:
        if name not in scene.rests:
            found = scene.world.find_all_matches(f"**/{name}")
            scene.rests[name] = [(path, LMatrix4(path.get_mat())) for path in found]
        return scene.rests[name]

    def node_matrix(self, name: str) -> Matrix:
        """`T_world_node` of a named node of the shown scene; the world's own where there is no such node."""
        scene = self._scenes.get(self._shown)
        if scene is None or name == "world":
            return np.eye(4)
        if name == "vehicle":
            return self._T_world_vehicle
        rests = self._rest(scene, name)
        if not rests:
            return np.eye(4)
        return _numpy_matrix(rests[0][0].get_mat(scene.top))


def _bind_clips(world: NodePath) -> dict[str, list[AnimControl]]:
    """Animation clips under a node by name; several models may have a clip of one name, which then run together."""
    clips: dict[str, list[AnimControl]] = {}
    for model in world.get_children():
        bound = AnimControlCollection()
        auto_bind(model.node(), bound, -1)
        for number in range(bound.get_num_anims()):
            clips.setdefault(bound.get_anim_name(number), []).append(bound.get_anim(number))
    for path in world.find_all_matches("**/+Character"):
        for number in range(path.node().get_num_bundles()):
            path.node().get_bundle(number).set_frame_blend_flag(True)  # between the clip's own frames
    return clips


def _restore(scene: _SceneGraph, keep: Container[str] = ()) -> None:
    for name in [name for name in scene.moved if name not in keep]:
        for path, rest in scene.rests[name]:
            path.set_mat(rest)
        scene.moved.discard(name)


def panda_matrix(matrix: Matrix) -> LMatrix4:
    """A matrix on column vectors as Panda's, which works on row vectors."""
    return LMatrix4(*(float(v) for v in matrix.T.reshape(-1)))


def _numpy_matrix(matrix: LMatrix4) -> Matrix:
    return np.array(
        [[matrix.get_cell(row, column) for row in range(4)] for column in range(4)], dtype=np.float64
    )


def _display(color: Sequence[float]) -> tuple[int, int, int]:
    """Linear light as display code values, the brightest channel at full."""
    top = max(*color, 1e-6)
    r, g, b = (round(255 * (max(c, 0.0) / top) ** (1 / 2.2)) for c in color)
    return (r, g, b)


def _blend(path: NodePath, source: int, destination: int) -> None:
    path.set_attrib(ColorBlendAttrib.make(ColorBlendAttrib.M_add, source, destination))
