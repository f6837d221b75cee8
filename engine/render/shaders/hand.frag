#version 330
#include common
#include dither

uniform vec3 u_tint;
uniform float u_ray;             // 1: a pointing ray, light only
uniform float u_glow;            // 0..1: a press
in vec3 v_at;
in vec3 v_normal;
in float v_along;
out vec4 o_color;

void main() {
    vec3 warm = vec3(1.0, 0.72, 0.38);
    if (u_ray > 0.5) {
        o_color = vec4(warm, u_glow * (1.0 - v_along));
        return;
    }
    vec3 n = normalize(v_normal);
    vec3 v = normalize(u_head - v_at);
    float edge = 1.0 - max(dot(n, v), 0.0);
    float rim = edge * edge * edge;
    // Seen in the darkest scene: a floor under the light, and a bright rim, as on dark glass.
    vec3 light = mix(u_ground_light, u_sky_light, 0.5 + 0.5 * n.z) + u_moon * max(dot(n, u_moon_dir), 0.0) + 0.10;
    vec3 c = u_tint * light + rim * (0.35 * (u_sky_light + u_moon) + 0.10 * vec3(0.55, 0.70, 1.0)) + warm * (0.30 * u_glow * rim);
    o_color = vec4(dithered(tone(c)), 1.0);
}
