#version 330
#include common
#include dither

uniform vec3 u_zenith;
uniform vec3 u_horizon;
uniform vec3 u_glow;
uniform vec4 u_moon_disc;   // rgb, cosine of its radius
uniform float u_clouds;
uniform float u_has_water;
in vec3 v_dir;
out vec4 o_color;

vec3 sky(vec3 d) {
    float up = max(d.z, 0.0);
    vec3 c = mix(u_horizon, u_zenith, pow(up, 0.55));
    c += u_glow * exp(-9.0 * up);
    float toward = max(dot(d, u_moon_dir), 0.0);
    float wide = pow(toward, 9.0);
    float tight = pow(toward, 90.0);
    if (u_clouds > 0.0) {
        vec2 q = d.xy / (0.22 + up) * 0.11;
        float n = texture(u_noise, q + vec2(0.0016, 0.0007) * u_time_s).r * 0.65
                + texture(u_noise, q * 2.7 - vec2(0.0021, 0.0004) * u_time_s).a * 0.35;
        float cloud = min(smoothstep(0.42, 0.72, n) * u_clouds * 2.2, 1.0) * smoothstep(0.03, 0.30, up);
        c = mix(c, u_horizon * 0.95 + u_moon * (0.035 + 0.42 * wide) + u_glow * 0.25, cloud * 0.6);
        tight *= 1.0 - 0.5 * cloud;
    }
    if (u_moon_disc.w >= 1.0) return c;  // no moon in this sky
    c += u_moon * (0.17 * wide + 0.34 * tight);
    float edge = dot(d, u_moon_dir);
    float soft = (1.0 - u_moon_disc.w) * 0.10;
    vec3 side = normalize(cross(u_moon_dir, vec3(0.0, 0.0, 1.0) + 1e-3 * u_moon_dir.yzx));
    vec2 face = vec2(dot(d, side), dot(d, cross(side, u_moon_dir))) * 6.0;
    float seas = texture(u_noise, face + vec2(0.31, 0.62)).r;
    c = mix(c, u_moon_disc.rgb * (2.0 - 1.6 * smoothstep(0.30, 0.62, seas)), smoothstep(u_moon_disc.w - soft, u_moon_disc.w + soft, edge));
    return c;
}

void main() {
    vec3 d = normalize(v_dir);
    vec3 c;
    if (d.z < 0.0 && u_has_water > 0.5) {
        float reach = min((u_head.z - u_water.x) / max(-d.z, 1e-4), 600.0);
        vec2 hit = u_head.xy + d.xy * reach;
        float calm = 1.0 / (1.0 + 0.02 * reach);
        vec2 s = water_slope(hit) * calm;
        vec3 r = normalize(vec3(d.xy + s * 2.2, -d.z + 1.4 * length(s)));
        c = sky(r) * 0.74;
        vec3 at = vec3(hit, u_water.x);
        c = mix(c, fog_color(at, d), fog_amount(at));
    } else {
        vec3 dd = vec3(d.xy, max(d.z, 0.0));
        c = sky(normalize(dd + vec3(0.0, 0.0, 1e-4)));
        vec3 far = u_head + d * 420.0;
        c = mix(c, fog_color(far, d), fog_amount(far) * exp(-16.0 * max(d.z, 0.0)));
    }
    o_color = vec4(dithered(tone(c)), 1.0);
}
