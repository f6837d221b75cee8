// Fragment shaders only: half a code value of noise by pixel, against bands in the sky.
vec3 dithered(vec3 display) {
    float n = fract(52.9829189 * fract(dot(floor(gl_FragCoord.xy), vec2(0.06711056, 0.00583715))));
    return display + u_dither * (n - 0.5) / 255.0;
}
