#version 330
#include common

uniform int u_kind;
uniform vec3 u_tint;
uniform vec3 u_gain_a;
in vec2 v_corner;
in vec3 v_at;
in vec4 v_life;
out vec4 o_color;                // premultiplied; alpha 0 means pure light

void main() {
    float r2 = dot(v_corner, v_corner);
    float soft = max(exp(-4.5 * r2) - 0.011, 0.0);
    float clear = 1.0 - fog_amount(v_at);
    if (u_kind == 1) {                                    // petals take light
        float shape = smoothstep(1.0, 0.75, r2);
        vec3 c = u_tint * (u_sky_light * 1.4 + u_moon * 0.7 + vec3(0.20, 0.13, 0.07));
        c = mix(fog_color(v_at, normalize(v_at - u_head)), c, clear);
        float a = shape * v_life.x;
        o_color = vec4(tone(c) * a, a);
    } else if (u_kind == 0 || u_kind == 2) {              // light only
        float core = exp(-26.0 * r2);
        vec3 c = u_tint * (soft * 0.75 + core * 1.6) * mix(0.7, 1.3, v_life.y) * v_life.x * clear;
        o_color = vec4(clamp(pow(c * 1.0, vec3(1.0 / 1.6)) * step(0.0005, max(c.r, c.g)), 0.0, 1.0), 0.0);
    } else if (u_kind == 3) {                             // paper lanterns: body, flame low inside, halo
        vec2 q = vec2(v_corner.x * 1.9, v_corner.y * 1.6);
        float width = mix(0.62, 0.88, smoothstep(-0.9, 0.7, q.y));
        float body = smoothstep(1.0, 0.9, abs(q.x) / width) * smoothstep(1.0, 0.92, abs(q.y));
        float lit = 0.45 + 1.5 * exp(-2.2 * dot(q - vec2(0.0, -0.75), q - vec2(0.0, -0.75)));
        vec3 c = u_tint * lit * 1.35 * body;
        float halo = soft * 0.28;
        vec3 shown = tone(c) * body + u_tint * halo * (1.0 - body);
        o_color = vec4(shown * v_life.x * (0.25 + 0.75 * clear), body * v_life.x * clear);
    } else {                                              // water and smoke: veils
        vec3 c = u_tint * (u_sky_light * 2.5 + u_moon * 0.8 + u_fog_warm * 1.2 + 0.12 * u_gain_a);
        float a = clamp(soft * v_life.x, 0.0, 0.9);
        if (u_kind == 6) a = smoothstep(1.0, 0.0, abs(v_corner.x)) * (1.0 - abs(v_corner.y)) * v_life.x;
        o_color = vec4(tone(c) * a, a);
    }
}
