#version 330
#include common
#include dither

uniform vec3 u_water_color;
uniform vec4 u_lamp_at[24];      // xyz, radius m
uniform vec4 u_lamp_color[24];   // rgb linear, weight
uniform int u_lamp_count;
in vec3 v_at;
out vec4 o_color;                // premultiplied, in display values

void main() {
    vec3 to_head = u_head - v_at;
    float away = length(to_head);
    vec3 v = to_head / away;
    float calm = 1.0 / (1.0 + 0.006 * away);
    vec2 s = water_slope(v_at.xy) * calm;
    vec3 n = normalize(vec3(-s * 3.2, 1.0));
    float grazing = 1.0 - max(dot(n, v), 0.0);
    float g2 = grazing * grazing;
    float fresnel = 0.05 + 0.95 * g2 * g2 * grazing;
    float alpha = (1.0 - fresnel) * 0.78;

    vec3 streak = vec3(0.0);
    for (int i = 0; i < u_lamp_count; ++i) {
        vec3 d = u_lamp_at[i].xyz - v_at;
        float r2 = dot(d, d);
        vec3 h = normalize(d * inversesqrt(r2) + v);
        vec2 q = -h.xy / max(h.z, 0.02) - s * 2.6;
        // A lamp is no point: its own width keeps the streak as broad as its mirror image.
        float size = u_lamp_at[i].w * u_lamp_at[i].w / r2;
        float k = 260.0 / (1.0 + 900.0 * size);
        streak += u_lamp_color[i].rgb * u_lamp_color[i].rgb * (u_lamp_color[i].w * exp(-k * dot(q, q)) * 16.0 / (9.0 + 0.055 * r2));
    }
    vec3 hm = normalize(u_moon_dir + v);
    vec2 qm = -hm.xy / max(hm.z, 0.02) - s * 2.4;
    vec3 moon = u_moon * (exp(-190.0 * dot(qm, qm)) * 1.5 * smoothstep(0.02, 0.12, u_moon_dir.z));
    float f = fog_amount(v_at);
    vec3 fog = fog_color(v_at, -v);
    vec3 body = u_water_color * (0.55 + 6.0 * luminance(u_sky_light)) + u_moon * 0.012 * max(n.x + n.y + 0.4, 0.0);
    vec3 under = tone(mix(body, fog, f)) * alpha;
    vec3 glitter = (streak * 0.9 + moon) * (1.0 - f) * (0.40 + 0.60 * fresnel);
    // Added in display values, along a curve that never burns out.
    vec3 spark = 1.0 - exp(-1.6 * u_exposure * glitter);
    o_color = vec4(dithered(under + spark * (1.0 - 0.35 * alpha)), alpha);
}
