#version 330
#include common
#include dither

uniform float u_mist;            // gain
in vec2 v_corner;
in vec3 v_at;
in float v_phase;
in float v_strength;
out vec4 o_color;

void main() {
    float away = distance(u_head, v_at);
    vec2 q = vec2(v_corner.x * 0.5 + v_phase * 7.0, v_corner.y * 0.35);
    float n = texture(u_noise, q * 0.55 + vec2(0.006, 0.0) * u_time_s).r * 0.7 + texture(u_noise, q * 1.6 - vec2(0.009, 0.002) * u_time_s).a * 0.3;
    float side = 1.0 - v_corner.x * v_corner.x;
    float shape = side * side * smoothstep(0.0, 0.30, v_corner.y) * pow(max(1.0 - v_corner.y, 0.0), 1.3);
    float near = smoothstep(1.5, 9.0, away);
    float low = smoothstep(0.0, 1.3, v_at.z - u_water.x);
    float a = shape * near * low * smoothstep(0.30, 0.75, n) * v_strength * u_mist;
    vec3 v = (v_at - u_head) / max(away, 1e-3);
    vec3 c = fog_color(v_at, v) * 1.35 + u_sky_light * 0.4;
    o_color = vec4(dithered(tone(c)), clamp(a, 0.0, 0.85));
}
